import type { AppKind } from '#stack';
import { ask } from './client.js';
import type { Deed } from './deeds.js';
import type { Pod } from './estate.js';

/** Everything that can be read from outside about one transaction at rest. */
export interface Story {
  readonly gtx: string;
  readonly ended: boolean;
  readonly state: string;
  readonly attempt: number;
  readonly heuristic: string;
  readonly attempts: readonly {
    readonly attempt: number;
    readonly mode: string;
    readonly decision: string | null;
    readonly reason: string | null;
  }[];
  readonly plan: readonly {
    readonly id: string;
    readonly participant: string;
    readonly amount: number | null;
  }[];
  /** DECIDED entries of the timeline by attempt. */
  readonly decided: Readonly<Record<number, number>>;
  /** Rows at the participants; `at`: database time in seconds. */
  readonly branches: readonly {
    readonly participant: string;
    readonly branch: string;
    readonly attempt: number;
    readonly state: string;
    readonly at: number;
  }[];
  /** Rows of the business journals. */
  readonly effects: readonly { readonly branch: string; readonly amount: number }[];
  readonly prepared: readonly string[];
  /** What each living coordinator says over HTTP. */
  readonly told: Readonly<Record<string, string | null>>;
  /** What the topic of outcomes said, by attempt: every distinct one. */
  readonly announced: Readonly<Record<number, readonly string[]>>;
  readonly holdings: readonly {
    readonly what: string;
    readonly opening: number;
    readonly is: number;
    readonly held: number;
    /** Sum of its journal. */
    readonly journal: number;
    /** The branch that takes from it, if one of this transaction does. */
    readonly branch: string | null;
  }[];
  readonly client: { readonly told: string | null; readonly orderStatus: string | null };
  readonly wanted: 'committed' | 'aborted' | null;
}

/** Outcomes read from the topic: `gtx:attempt` → every distinct decision. */
export type Announced = ReadonlyMap<string, ReadonlySet<string>>;

const PARTICIPANTS = ['inventory', 'payments', 'orders'] as const;

interface Row {
  readonly gtx: string;
  readonly ended: boolean;
  readonly state: string;
  readonly attempt: number;
  readonly heuristic: string;
  readonly attempts: Story['attempts'];
  readonly branches: readonly { id: string; participant: string; payload: Payload }[];
}
interface Payload {
  readonly amount?: number;
  readonly lines?: readonly { readonly quantity: number }[];
}

export async function readStory(pod: Pod, deed: Deed, announced: Announced): Promise<Story> {
  const gtx = deed.gtx!;
  const [row] = await pod.query<Row>(
    'coordinator',
    `SELECT gtx, ended_at IS NOT NULL AS ended, state, attempt, heuristic, attempts, branches
     FROM concordat.transaction WHERE gtx = $1`,
    [gtx],
  );
  if (!row) throw new Error(`${gtx} was accepted and does not exist`);
  const { branches: planned, ...transaction } = row;
  const [decided, branches, effects, prepared, told, holdings, orderStatus] = await Promise.all([
    decisions(pod, gtx),
    branchRows(pod, gtx),
    effectRows(pod, gtx),
    preparedGids(pod, gtx),
    tellings(pod, gtx),
    holdingRows(pod, deed),
    statusOf(pod, deed),
  ]);
  return {
    ...transaction,
    plan: planned.map(({ id, participant, payload }) => ({ id, participant, amount: amountOf(payload) })),
    announced: announcedOf(announced, row),
    client: { told: deed.told, orderStatus },
    wanted: deed.wanted,
    ...{ decided, branches, effects, prepared, told, holdings },
  };
}

function amountOf({ amount, lines }: Payload): number | null {
  return amount ?? lines?.reduce((sum, { quantity }) => sum + quantity, 0) ?? null;
}

function announcedOf(announced: Announced, { gtx, attempts }: Row): Story['announced'] {
  const entries = attempts.map(({ attempt }) => [attempt, [...(announced.get(`${gtx}:${attempt}`) ?? [])]]);
  return Object.fromEntries(entries) as Story['announced'];
}

async function decisions(pod: Pod, gtx: string): Promise<Story['decided']> {
  const rows = await pod.query<{ attempt: number; times: number }>(
    'coordinator',
    `SELECT attempt, count(*)::int AS times FROM concordat.timeline WHERE gtx = $1 AND kind = 'DECIDED' GROUP BY attempt`,
    [gtx],
  );
  return Object.fromEntries(rows.map(({ attempt, times }) => [attempt, times]));
}

async function branchRows(pod: Pod, gtx: string): Promise<Story['branches']> {
  const there = PARTICIPANTS.filter((kind) => pod.cluster.names.some((name) => name.startsWith(kind)));
  const rows = there.map((participant: AppKind) =>
    pod.query<Story['branches'][number]>(
      participant,
      `SELECT $2::text AS participant, branch, attempt, state, extract(epoch FROM updated_at)::float8 AS at
       FROM concordat.branch WHERE gtx = $1`,
      [gtx, participant],
    ),
  );
  return (await Promise.all(rows)).flat();
}

async function effectRows(pod: Pod, gtx: string): Promise<Story['effects']> {
  type Effect = Story['effects'][number];
  const [money, goods] = await Promise.all([
    pod.query<Effect>(
      'payments',
      'SELECT branch, amount::int FROM payments.entry WHERE gtx = $1 ORDER BY id',
      [gtx],
    ),
    pod.query<Effect>(
      'inventory',
      'SELECT branch, quantity::int AS amount FROM inventory.movement WHERE gtx = $1 ORDER BY id',
      [gtx],
    ),
  ]);
  return [...money, ...goods];
}

async function preparedGids(pod: Pod, gtx: string): Promise<readonly string[]> {
  const rows = await pod.query<{ gid: string }>(
    'coordinator',
    'SELECT gid FROM pg_prepared_xacts WHERE position($1 in gid) > 0',
    [gtx],
  );
  return rows.map(({ gid }) => gid);
}

async function tellings(pod: Pod, gtx: string): Promise<Story['told']> {
  const entries = pod.alive('coordinator').map(async (name) => {
    const answer = await ask(`${pod.cluster.urls[name]}/v1/transactions/${gtx}`);
    return [name, (answer?.body['outcome'] ?? null) as string | null] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

async function holdingRows(pod: Pod, { holdings, traffic }: Deed): Promise<Story['holdings']> {
  type Holding = Omit<Story['holdings'][number], 'branch'>;
  const [accounts, stock] = await Promise.all([
    pod.query<Holding>('payments', ACCOUNTS, [[holdings.payer, holdings.feePayer]]),
    pod.query<Holding>('inventory', STOCK, [[holdings.sku]]),
  ]);
  // An order has one payment, and the payer of the fee makes it.
  const [payer, feePayer] = traffic === 'order' ? [null, 'payment'] : ['payment', 'fee'];
  const branches: Record<string, string | null> = {
    [holdings.payer]: payer!,
    [holdings.feePayer]: feePayer!,
    [holdings.sku]: 'stock',
  };
  return [...accounts, ...stock].map((row) => ({ ...row, branch: branches[row.what] ?? null }));
}

/** The opening is the one entry that no transaction made. */
const ACCOUNTS = `
SELECT a.id AS what, a.balance::int AS is, a.held::int,
  (SELECT sum(e.amount)::int FROM payments.entry e WHERE e.account = a.id) AS journal,
  (SELECT sum(e.amount)::int FROM payments.entry e WHERE e.account = a.id AND e.gtx IS NULL) AS opening
FROM payments.account a WHERE a.id = ANY($1)`;

const STOCK = `
SELECT s.sku AS what, s.on_hand::int AS is, s.reserved::int AS held,
  (SELECT sum(m.quantity)::int FROM inventory.movement m WHERE m.sku = s.sku) AS journal,
  (SELECT sum(m.quantity)::int FROM inventory.movement m WHERE m.sku = s.sku AND m.gtx IS NULL) AS opening
FROM inventory.stock s WHERE s.sku = ANY($1)`;

async function statusOf(pod: Pod, { orderId }: Deed): Promise<string | null> {
  if (orderId === null) return null;
  const [row] = await pod.query<{ status: string }>(
    'orders',
    'SELECT status FROM orders.customer_order WHERE id = $1',
    [orderId],
  );
  return row?.status ?? 'missing';
}
