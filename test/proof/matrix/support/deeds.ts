import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { systemRandom } from '#observability';
import { until } from '../../../crash/support/site.js';
import type { Cell } from './cells.js';
import type { Pod } from './estate.js';
import type { Traffic } from './places.js';

/** One transaction of a cell, with rows of its own: no two of them ever wait for each other. */
export interface Deed {
  readonly traffic: Traffic;
  /** Where its money and goods are. */
  readonly holdings: Holdings;
  readonly path: '/v1/transactions?wait=accepted' | '/v1/transactions?wait=decided' | '/orders';
  readonly idempotencyKey: string;
  readonly body: string;
  /** Chosen by us for a purchase; an order's comes with the answer. */
  gtx: string | null;
  orderId: string | null;
  /** The client has its 2xx. */
  answered: boolean;
  /** The outcome the client was told, if it was told one. */
  told: string | null;
  /** null: both are right. */
  readonly wanted: 'committed' | 'aborted' | null;
}

export interface Holdings {
  readonly payer: string;
  readonly feePayer: string;
  readonly sku: string;
}

export const OPENING = { balance: 1_000, stock: 100 } as const;
export const PRICE = 10;
export const FEE = 3;
/** Long enough for every takeover: a commit that is late must still be one. */
const PATIENT_MS = 60_000;
const SHORT_MS = 600;

/** What makes a branch say NO, or wait: on the side that is not hit, so that the point is reached all the same. */
type Spoil = 'none' | 'sku' | 'fee';

export function spoilOf({ situation, victim, traffic, point }: Cell): Spoil {
  if (situation === 'commit') return 'none';
  if (traffic === 'order') return situation === 'refusal' ? 'fee' : 'sku';
  // W5 has a dead payments to finish for.
  const hitsPayments = victim === 'payments' || point === 'W5';
  return hitsPayments && traffic === 'purchase' ? 'sku' : 'fee';
}

/** Rows in the databases, and the request; nothing is sent yet. */
export async function newDeed(pod: Pod, cell: Cell): Promise<Deed> {
  const mark = randomUUID().slice(0, 8);
  const holdings = { payer: `payer-${mark}`, feePayer: `fee-${mark}`, sku: `sku-${mark}` };
  await fund(pod, holdings, cell.situation === 'refusal' && !falls(cell) ? spoilOf(cell) : 'none');
  const gtx = cell.traffic === 'order' ? null : systemRandom.uuidv7();
  return {
    ...{ traffic: cell.traffic, holdings, gtx, orderId: null, answered: false, told: null },
    path: pathOf(cell),
    idempotencyKey: randomUUID(),
    body: JSON.stringify(gtx === null ? order(holdings) : purchase(gtx, cell, holdings)),
    wanted: wantedOf(cell),
  };
}

async function fund(pod: Pod, { payer, feePayer, sku }: Holdings, poor: Spoil): Promise<void> {
  const balances = [OPENING.balance, poor === 'fee' ? 0 : OPENING.balance];
  await pod.query(
    'payments',
    `WITH opened AS (INSERT INTO payments.account (id, balance) SELECT * FROM unnest($1::text[], $2::bigint[]) RETURNING id, balance)
     INSERT INTO payments.entry (account, amount) SELECT id, balance FROM opened`,
    [[payer, feePayer], balances],
  );
  await pod.query(
    'inventory',
    `WITH opened AS (INSERT INTO inventory.stock (sku, on_hand) VALUES ($1, $2) RETURNING sku, on_hand)
     INSERT INTO inventory.movement (sku, quantity) SELECT sku, on_hand FROM opened`,
    [sku, poor === 'sku' ? 0 : OPENING.stock],
  );
}

function pathOf({ traffic, point }: Cell): Deed['path'] {
  if (traffic === 'order') return '/orders';
  return point === 'C8' ? '/v1/transactions?wait=decided' : '/v1/transactions?wait=accepted';
}

/** The payer of the fee pays for an order that is to be refused: it is the one who has nothing. */
function order({ feePayer, sku }: Holdings): object {
  return { account: feePayer, lines: [{ sku, quantity: 1, unitPrice: FEE }] };
}

function purchase(id: string, { traffic, situation }: Cell, { payer, feePayer, sku }: Holdings): object {
  const charge = { participant: 'payments', operation: 'charge' };
  const lines = [{ sku, quantity: 1 }];
  return {
    id,
    mode: traffic === 'saga' ? 'saga' : '2pc',
    fallback: traffic.startsWith('fallback') ? 'saga' : 'none',
    timeoutMs: situation === 'timeout' || traffic.startsWith('fallback') ? SHORT_MS : PATIENT_MS,
    branches: [
      { id: 'stock', participant: 'inventory', operation: 'reserve', payload: { orderId: id, lines } },
      { id: 'payment', ...charge, payload: { account: payer, amount: PRICE, orderId: id } },
      { id: 'fee', ...charge, payload: { account: feePayer, amount: FEE, orderId: id } },
    ],
  };
}

function wantedOf({ situation, traffic, strike, point }: Cell): Deed['wanted'] {
  if (traffic === 'fallback') return 'committed';
  if (situation !== 'commit') return 'aborted';
  // Stopped with a local transaction open: whoever prepares again meets its locks, and may give up or may not.
  if (strike === 'stop' && (point === 'P1' || point === 'P2')) return null;
  return 'committed';
}

/** Somebody else holds rows of the deeds. */
export interface Hold {
  /** Resolves when it is a fault no longer: at once where the cell's transactions end in spite of it. */
  readonly over: Promise<void>;
  release(): Promise<void>;
}

const NOTHING: Hold = { over: Promise.resolve(), release: () => Promise.resolve() };

const falls = ({ traffic }: Cell): boolean => traffic.startsWith('fallback');

/** Holds what the cell's time-out needs; a fallback's rows only until its saga has begun. */
export async function holdFor(pod: Pod, cell: Cell, deeds: readonly Deed[]): Promise<Hold> {
  if (cell.situation !== 'timeout' && !falls(cell)) return NOTHING;
  const client = await lock(pod, spoilOf(cell), deeds);
  if (cell.traffic === 'fallback-refused') await spend(client, deeds);
  let closed: Promise<void> | null = null;
  const release = (): Promise<void> => (closed ??= client.query('COMMIT').then(() => client.end()));
  if (!falls(cell)) return { ...NOTHING, release };
  const over = fellBack(pod, deeds).finally(release);
  over.catch(() => undefined); // who awaits it hears of it, also when that is later
  return { over, release };
}

async function lock(pod: Pod, spoil: Spoil, deeds: readonly Deed[]): Promise<pg.Client> {
  const fee = spoil !== 'sku';
  const client = await pod.session(fee ? 'payments' : 'inventory');
  const text = fee
    ? 'SELECT FROM payments.account WHERE id = ANY($1) FOR UPDATE'
    : 'SELECT FROM inventory.stock WHERE sku = ANY($1) FOR UPDATE';
  await client.query('BEGIN');
  await client.query(text, [deeds.map(({ holdings }) => (fee ? holdings.feePayer : holdings.sku))]);
  return client;
}

/**
 * The money for the fee goes elsewhere, and is gone once the rows are free: two-phase commit met a lock, which allows the fallback,
 * and the saga is refused. An account that was empty at once would be refused without waiting for the lock.
 */
async function spend(client: pg.Client, deeds: readonly Deed[]): Promise<void> {
  await client.query(
    `WITH spent AS (UPDATE payments.account SET balance = 0 WHERE id = ANY($1) RETURNING id)
     INSERT INTO payments.entry (account, amount) SELECT id, -$2::bigint FROM spent`,
    [deeds.map(({ holdings }) => holdings.feePayer), OPENING.balance],
  );
}

const FALL_MS = 60_000;

async function fellBack(pod: Pod, deeds: readonly Deed[]): Promise<void> {
  const gtxs = deeds.map(({ gtx }) => gtx);
  await until('every transaction fell back', FALL_MS, async () => {
    const rows = await pod.query(
      'coordinator',
      'SELECT FROM concordat.transaction WHERE gtx = ANY($1::uuid[]) AND attempt = 2',
      [gtxs],
    );
    return rows.length === gtxs.length;
  });
}
