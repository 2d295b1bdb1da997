import {
  LedgerError,
  type BeginOutcome,
  type NewTransaction,
  type StoredTransaction,
} from '../../port/ledger.js';
import { assertBegins, firstPerGtx } from '../../ledger/batch.js';
import { begunTransaction, existingOutcome } from '../../ledger/begun.js';
import { begin, type BeginRow } from './sql/begin.js';
import { findExisting, type ExistingRow } from './sql/find-existing.js';
import { storedOf } from './stored.js';
import type { RunLedger } from './run.js';

/** Transactions found by what a BEGIN named. */
interface Existing {
  readonly byGtx: ReadonlyMap<string, StoredTransaction>;
  readonly byKey: ReadonlyMap<string, StoredTransaction>;
}

/**
 * D1. One statement writes the batch; only what it did not write (repeats, races) is read in a second, new one.
 * An item repeated within the batch is answered with what the first one did.
 */
export async function beginBatch(run: RunLedger, batch: readonly NewTransaction[]): Promise<BeginOutcome[]> {
  if (batch.length === 0) return [];
  assertBegins(batch);
  const sent = firstPerGtx(batch, ({ tx }) => tx.gtx);
  const [answer] = await run<BeginRow>(begin(sent));
  if (answer === undefined) return batch.map(() => ({ kind: 'held' }));
  const created = createdItems(sent, answer);
  const rest = batch.filter((item) => !created.has(item));
  const existing = await readExisting(run, rest);
  return batch.map((item) => created.get(item) ?? existingOutcome(item, meet(item, existing)));
}

function createdItems(
  sent: readonly NewTransaction[],
  { epoch, born_ms, gtxs }: BeginRow,
): Map<NewTransaction, BeginOutcome> {
  const written = gtxs && new Set(gtxs);
  const items = written ? sent.filter(({ tx }) => written.has(tx.gtx)) : sent;
  return new Map(
    items.map((item) => {
      const birth = { createdMs: born_ms, deadlineMs: born_ms + item.deadlineInMs, ledgerEpoch: epoch };
      return [item, { kind: 'created', stored: begunTransaction(item, birth) }];
    }),
  );
}

async function readExisting(run: RunLedger, items: readonly NewTransaction[]): Promise<Existing> {
  const byGtx = new Map<string, StoredTransaction>();
  const byKey = new Map<string, StoredTransaction>();
  if (items.length === 0) return { byGtx, byKey };
  const gtxs = [...new Set(items.map(({ tx }) => tx.gtx))];
  const keys = [...new Set(items.map(({ idempotencyKey }) => idempotencyKey).filter((key) => key !== null))];
  for (const row of await run<ExistingRow>(findExisting(gtxs, keys))) {
    if (row.key === null) byGtx.set(row.gtx, storedOf(row));
    else byKey.set(row.key, storedOf(row));
  }
  return { byGtx, byKey };
}

/** The key speaks first: it is what the caller promised to be the same request. */
function meet(item: NewTransaction, { byGtx, byKey }: Existing): StoredTransaction {
  const found =
    (item.idempotencyKey === null ? undefined : byKey.get(item.idempotencyKey)) ?? byGtx.get(item.tx.gtx);
  if (found !== undefined) return found;
  throw new LedgerError('CONFLICT', `begin: ${item.tx.gtx} was collected while it was begun again`, false);
}
