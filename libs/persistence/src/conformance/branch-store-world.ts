import { formatGid, type Json } from '#protocol';
import type { BranchKey, BranchStore, HandlerStatement, NewBranchRow } from '../port/branch-store.js';

/** What the suite needs of the place where stores live. One server with the databases `one` and `two`, both empty. */
export interface BranchStoreWorld {
  /** A process of that participant. Its waits for locks end quickly, or (`patient`) not within the test. */
  open(options?: OpenOptions): BranchStore;
  /** kill -9 of that process: its connections end without a word. */
  crash(store: BranchStore): Promise<void>;
  /** kill -9 of the server, and its next start. */
  crashServer(): Promise<void>;
  /** Resolves when `count` transactions wait for locks. */
  untilWaiting(count: number): Promise<void>;

  /** Business data, as a handler reads and writes it with the `client` it was handed. */
  put(client: unknown, key: string, value: string): Promise<void>;
  get(client: unknown, key: string): Promise<string | null>;
  /** A statement that the server refuses. */
  failStatement(client: unknown): Promise<void>;
  /** The same as handlers name them: `writing` and `reading` return one row, `{ key }`. */
  writing(key: string, value: string): HandlerStatement;
  reading(key: string): HandlerStatement;
  failing(): HandlerStatement;
  /** What everybody sees. */
  read(key: string, database?: DatabaseName): Promise<string | null>;

  /** A prepared transaction that is not ours, in database `one`, under any name. */
  prepareForeign(gid: string): Promise<void>;
  foreignGids(): Promise<readonly string[]>;
  /** Lets that much time pass over the rows that exist. */
  age(byMs: number): Promise<void>;
  close(): Promise<void>;
}

export type DatabaseName = 'one' | 'two';

export interface OpenOptions {
  /** Default `payments`. */
  readonly participant?: string;
  /** Default `one`. */
  readonly database?: DatabaseName;
  readonly patient?: boolean;
}

export type MakeWorld = (options?: { readonly slots?: number }) => Promise<BranchStoreWorld>;

let drawn = 0;

/** A gtx of long ago, so that rows become garbage as soon as they are aged. Ascending, unique in this process. */
export function anyGtx(): string {
  drawn += 1;
  return `01000000-0000-7000-8000-${drawn.toString(16).padStart(12, '0')}`;
}

export const keyOf = (gtx: string, branch = 'charge', attempt = 1): BranchKey => ({ gtx, attempt, branch });

export const rowOf = (key: BranchKey, more: Partial<NewBranchRow> = {}): NewBranchRow => ({
  ...key,
  style: 'tcc',
  state: 'PREPARED',
  operation: 'charge',
  payload: { amount: 5 },
  output: null,
  error: null,
  ledgerEpoch: 1,
  ...more,
});

export const gidOf = (key: BranchKey, participant = 'payments'): string => formatGid({ ...key, participant });

/** The row of what an xa handler did. */
export const workOf = (key: BranchKey) => ({ ...rowOf(key, { style: 'xa' }), state: 'COMMITTED' }) as const;

/** One committed row. */
export async function store(branches: BranchStore, row: NewBranchRow): Promise<void> {
  const tx = await branches.begin();
  await tx.acceptRows([row]);
  await tx.commit();
}

/** A prepared transaction as the xa executor makes it, with `business` written in it. */
export async function prepareWork(
  world: BranchStoreWorld,
  branches: BranchStore,
  key: BranchKey,
  business = 'balance',
): Promise<string> {
  const tx = await branches.begin();
  await world.put(tx.client, business, 'charged');
  await tx.recordWork(workOf(key));
  await tx.prepare(gidOf(key));
  return gidOf(key);
}

/** The single piece of evidence on `key`. */
export async function lookAt(branches: BranchStore, key: BranchKey) {
  const [found] = await branches.look([key], { gids: true });
  if (found === undefined) throw new Error('look answers every key');
  return found;
}

export const json = (value: Json): Json => value;
