/** A part of pg that its types leave out. */
declare module 'pg/lib/utils.js' {
  const utils: {
    /** A parameter as it is sent: what pg makes of the values of a query. */
    prepareValue(value: unknown): unknown;
  };
  export default utils;
}
