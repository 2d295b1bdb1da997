import type { Json } from '#protocol';
import { clipText } from '#wire';

/** Longest message of a refusal; longer ones are cut (a row and a record must hold it). */
export const MAX_REFUSAL_MESSAGE = 1024;
const MAX_CODE = 64;
const NOT_IN_A_CODE = /[^A-Za-z0-9_.-]/g;

/**
 * Thrown by a handler (or returned per branch by a batch handler): a business NO. Final: no fallback, no retry.
 * `code` is what the client reads (`OUT_OF_STOCK`): at most 64 of A-Z a-z 0-9 _ . -
 */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly code: string;
  constructor(code: string, message: string = code) {
    super(clipText(message, MAX_REFUSAL_MESSAGE));
    this.code = code.slice(0, MAX_CODE).replace(NOT_IN_A_CODE, '_') || 'REFUSED';
  }
}

/** Returned by a tcc try that reserved nothing: it votes READ_ONLY, is neither confirmed nor cancelled. xa finds that out itself. */
export class ReadOnly {
  constructor(readonly output: Json = null) {}
}

/** What a handler may return; nothing is the output `null`. */
export type HandlerResult = Json | ReadOnly | undefined | void;
/** What a batch handler says of one of its branches. */
export type BatchResult = Json | ReadOnly | Refused | undefined;
