/** The fields errors of libraries and of the platform carry. */
export interface ErrorLike {
  readonly message: string;
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly statusCode?: unknown;
}

/** Not `instanceof Error`: an error of another realm (a worker, a test's sandbox) is one as well. */
export function isErrorLike(value: unknown): value is ErrorLike {
  return (
    typeof value === 'object' && value !== null && 'message' in value && typeof value.message === 'string'
  );
}
