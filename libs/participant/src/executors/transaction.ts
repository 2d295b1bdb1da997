import type { BranchFault, Json } from '#protocol';
import type { BranchKey, LocalTransaction, NewBranchRow } from '#persistence';
import type { Desk } from '../desk/desk.js';
import type { Work } from '../desk/work.js';

/** Runs `work` in one local transaction; whatever it did not commit or prepare is rolled back. */
export async function inTransaction<T>(desk: Desk, work: (tx: LocalTransaction) => Promise<T>): Promise<T> {
  const tx = await desk.store.begin();
  return ending(tx, () => work(tx));
}

/** The same in a local transaction that is open. */
export async function ending<T>(tx: LocalTransaction, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    // Does nothing after commit or prepare.
    await tx.rollback();
  }
}

/** The attempts before this one of the same branch. */
export function earlierKeys({ gtx, attempt, branch }: BranchKey): BranchKey[] {
  return Array.from({ length: attempt - 1 }, (_, index) => ({ gtx, attempt: index + 1, branch }));
}

type Kept = Partial<Pick<NewBranchRow, 'operation' | 'payload'>> & {
  readonly output?: Json;
  readonly error?: BranchFault | null;
};

/** A new row for one piece of work. */
export function rowFor(
  work: Work,
  style: NewBranchRow['style'],
  state: NewBranchRow['state'],
  kept: Kept = {},
): NewBranchRow {
  return {
    ...work.key,
    style,
    state,
    operation: kept.operation ?? null,
    payload: kept.payload ?? null,
    output: kept.output ?? null,
    error: kept.error ?? null,
    ledgerEpoch: work.command.ledgerEpoch,
  };
}
