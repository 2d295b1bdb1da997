import type { BranchKey } from './branch-store.js';

const CURSOR = /^([0-9a-f-]{36}):([A-Za-z0-9_-]{1,64}):([1-9][0-9]{0,8})$/;

/** The last row of a page, opaque to callers. */
export const encodeBranchCursor = ({ gtx, branch, attempt }: BranchKey): string =>
  Buffer.from(`${gtx}:${branch}:${attempt}`).toString('base64url');

/**
 * @throws RangeError for a text that is no cursor of ours: a caller's fault, not the database's
 */
export function decodeBranchCursor(cursor: string | null): BranchKey | null {
  if (cursor === null) return null;
  const match = CURSOR.exec(Buffer.from(cursor, 'base64url').toString());
  const [, gtx, branch, attempt] = match ?? [];
  if (gtx === undefined || branch === undefined) throw new RangeError('not a cursor of this list');
  return { gtx, branch, attempt: Number(attempt) };
}
