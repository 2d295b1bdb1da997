import { forgettable } from '#protocol';
import { silent } from '../desk/answers.js';
import type { Desk } from '../desk/desk.js';
import type { Answer, WorkOf } from '../desk/work.js';

/** FORGET: payload and output go, the state stays as the tombstone. Never for a branch that is still prepared. No reply. */
export async function forget(desk: Desk, works: readonly WorkOf<'FORGET'>[]): Promise<readonly Answer[]> {
  const seen = await Promise.all(works.map(({ key }) => desk.lookRow(key)));
  const keys = seen.filter(({ row }) => forgettable(row)).map(({ key }) => key);
  if (keys.length > 0) await desk.store.forget(keys);
  return works.map(silent);
}
