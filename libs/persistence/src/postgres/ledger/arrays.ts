/**
 * Array parameters as text. pg's own conversion runs two regular expressions over every element, which was the largest part
 * of the hot path's CPU in this process; here only texts that need it are escaped, and JSON is quoted by JSON.
 */

export const NULL = 'NULL';

/**
 * Of elements that are quoted already. A column of nothing but NULL is sent empty: `unnest` of several arrays fills up with
 * NULL, and each element costs the server something to read.
 */
export const arrayOf = (elements: readonly string[]): string =>
  elements.every((element) => element === NULL) ? '{}' : `{${elements.join(',')}}`;

const quoted = (text: string): string => `"${/["\\]/.test(text) ? text.replace(/["\\]/g, '\\$&') : text}"`;

/** Numbers, booleans, gtxs and words of the protocol: nothing to escape. */
export const plainArray = (values: readonly (string | number | boolean | null)[]): string =>
  arrayOf(values.map((value) => (value === null ? NULL : String(value))));

/** Any text. PostgreSQL's holds every character but U+0000: it becomes U+FFFD, so that one hostile string cannot fail a batch. */
export const textArray = (values: readonly (string | null)[]): string =>
  arrayOf(values.map((value) => (value === null ? NULL : quoted(cleanText(value)))));

/**
 * The text of a JSON value holds no raw control character, so that JSON's own quoting of it (only `"` and `\` are left to
 * escape) is what an array element wants.
 */
export const quotedJson = (value: unknown): string => JSON.stringify(JSON.stringify(value));

/** JSON values; `null` is SQL's NULL. */
export const jsonArray = (values: readonly unknown[]): string =>
  arrayOf(values.map((value) => (value === null ? NULL : quotedJson(value))));

/** Arrays of texts, to be cast one by one: arrays of arrays of different lengths do not exist in SQL. */
export const nestedArray = (values: readonly (readonly string[])[]): string =>
  textArray(values.map(textArray));

export const cleanText = <T extends string | null>(text: T): T =>
  (text === null || !text.includes('\u0000') ? text : text.replaceAll('\u0000', '\uFFFD')) as T;
