import type { z } from 'zod';

/** One fault of a value: where (RFC 6901 JSON pointer, '' = the whole) and what. */
export interface InputFault {
  readonly pointer: string;
  readonly detail: string;
}

/** JSON pointer of a path; '' for the root. */
export function jsonPointer(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** Every fault zod found, one per line; unknown fields are named one by one. */
export function inputFaults(issues: readonly z.core.$ZodIssue[]): InputFault[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys')
      return [{ pointer: jsonPointer(issue.path), detail: issue.message }];
    return issue.keys.map((key) => ({ pointer: jsonPointer([...issue.path, key]), detail: 'unknown field' }));
  });
}

/** The same on one line, for logs and dead letters. */
export function describeFaults(issues: readonly z.core.$ZodIssue[]): string {
  return inputFaults(issues)
    .map(({ pointer, detail }) => `${pointer === '' ? '/' : pointer}: ${detail}`)
    .join('; ');
}
