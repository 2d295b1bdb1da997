/**
 * Thrown when a local process of the stack cannot be started, reached or stopped.
 * The message says what happened, `remedy` what the reader can do about it; both are shown together.
 */
export class StackError extends Error {
  readonly remedy: string;

  constructor(what: string, remedy: string, options?: { cause?: unknown }) {
    super(remedy === '' ? what : `${what}\n  ${remedy}`, options);
    this.name = 'StackError';
    this.remedy = remedy;
  }
}
