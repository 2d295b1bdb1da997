import { begin, Decision, type BranchResult, type Json, type Transaction } from '#protocol';
import type {
  BeginOutcome,
  Ledger,
  NewTransaction,
  StepOutcome,
  StepWrite,
  StoredTransaction,
  TimelineEntry,
} from '../port/ledger.js';
import type { LedgerAdmin, Page, PageRequest } from '../port/ledger-admin.js';

/** What an adapter brings to the suite. */
export interface LedgerWorld {
  /** The ledger as one instance sees it; all share one durable half. The world closes them. */
  open(instanceId: string): Ledger;
  readonly admin: LedgerAdmin;
  /** Wall clock of the durable half, roughly. */
  nowMs(): number;
  /** Makes everything that is stored look `ms` older. */
  age(ms: number): Promise<void>;
  /** Names of the statements sent since the last call; null where there are none. */
  statements(): readonly string[] | null;
  /** Empties the ledger. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

let serial = 0;

/** A UUIDv7 born `agoMs` ago; later calls with the same age are greater. */
export function gtxIn(world: Pick<LedgerWorld, 'nowMs'>, agoMs = 0): string {
  serial += 1;
  const time = (world.nowMs() - agoMs).toString(16).padStart(12, '0');
  const tail = serial.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${tail}`;
}

export const gtxsIn = (world: Pick<LedgerWorld, 'nowMs'>, count: number): string[] =>
  Array.from({ length: count }, () => gtxIn(world));

const PARTICIPANTS: readonly (readonly [branch: string, participant: string])[] = [
  ['stock', 'inventory'],
  ['money', 'payments'],
];

export function transactionOf(gtx: string, change: Partial<Transaction> = {}): Transaction {
  const branches = PARTICIPANTS.map(([id, participant]) => ({
    id,
    participant,
    operation: 'reserve',
    payload: { id },
    kind: 'compensatable' as const,
  }));
  const tx = begin({ gtx, mode: '2pc', fallback: 'saga', timeoutMs: 5_000, ledgerEpoch: 1, branches });
  return { ...tx, ...change };
}

export const entryOf = (kind: string, detail: Json = null, instance = 'one'): TimelineEntry => ({
  ...{ kind, attempt: 1, branch: null, instance, detail },
});

export function newOf(gtx: string, change: Partial<NewTransaction> = {}): NewTransaction {
  return {
    tx: transactionOf(gtx),
    bodyHash: 'body',
    idempotencyKey: null,
    businessKey: null,
    description: null,
    deadlineInMs: 5_000,
    nextInMs: 35_000,
    driver: 'one',
    traceparent: null,
    initiator: null,
    timeline: [entryOf('BEGUN')],
    ...change,
  };
}

/** A step that only bumps the version, unless told otherwise. */
export function stepOf(gtx: string, expectedVersion: number, change: Partial<StepWrite> = {}): StepWrite {
  return {
    gtx,
    expectedVersion,
    state: 'PREPARING',
    decide: null,
    startAttempt: null,
    results: [],
    heuristic: 'none',
    demand: null,
    ended: false,
    deadlineInMs: null,
    nextInMs: null,
    tries: 0,
    driver: 'one',
    timeline: [],
    ...change,
  };
}

export const decided = (
  decision: Decision,
  attempt = 1,
  reason: string | null = null,
): Partial<StepWrite> => ({
  state: decision === Decision.Commit ? 'COMMITTING' : 'ABORTING',
  decide: { attempt, decision, reason },
  timeline: [entryOf('DECIDED', { decision })],
});

export const resultOf = (branch: string, state: BranchResult['state'], attempt = 1): BranchResult => ({
  ...{ attempt, branch, state, output: null, error: null },
});

/** Begins transactions, all of which must be new. */
export async function begun(ledger: Ledger, items: readonly NewTransaction[]): Promise<StoredTransaction[]> {
  return (await ledger.begin(items)).map((outcome) => {
    if (outcome.kind === 'created') return outcome.stored;
    throw new Error(`a new transaction was expected, not one that is ${outcome.kind}`);
  });
}

export const beginNew = (ledger: Ledger, gtxs: readonly string[]): Promise<StoredTransaction[]> =>
  begun(
    ledger,
    gtxs.map((gtx) => newOf(gtx)),
  );

/** Commits and ends transactions of version 1. */
export async function endAll(ledger: Ledger, gtxs: readonly string[]): Promise<void> {
  const ending = { ...decided('COMMIT'), state: 'COMMITTED', ended: true } as const;
  await ledger.commitSteps(gtxs.map((gtx) => stepOf(gtx, 1, ending)));
}

export async function loadOne(ledger: Ledger, gtx: string): Promise<StoredTransaction> {
  const [stored] = await ledger.load([gtx]);
  if (stored === undefined) throw new Error(`${gtx} is not there`);
  return stored;
}

export const kindsOf = (outcomes: readonly (BeginOutcome | StepOutcome)[]): string[] =>
  outcomes.map(({ kind }) => kind);

export const gtxsOf = (stored: readonly StoredTransaction[]): string[] => stored.map(({ tx }) => tx.gtx);

/** Follows nextCursor to the end. */
export async function allPages<T>(
  read: (page: PageRequest) => Promise<Page<T>>,
  limit: number,
): Promise<{ items: T[]; pages: number }> {
  const items: T[] = [];
  for (let pages = 1, cursor: string | null = null; ; pages += 1) {
    const page: Page<T> = await read({ limit, cursor });
    items.push(...page.items);
    if (page.nextCursor === null) return { items, pages };
    cursor = page.nextCursor;
  }
}
