import type { AppKind } from '#stack';
import type { Pod } from './estate.js';

interface Table {
  readonly kind: AppKind;
  readonly name: string;
  readonly order: string;
  /** Rows that a probe made are no cell's business; $1: their gtx, as text. */
  readonly where: string;
}

const BY_GTX = 'gtx::text <> ALL($1)';
const protocol = (kind: AppKind): readonly Table[] => [
  { kind, name: 'concordat.branch', order: 'gtx, branch, attempt', where: BY_GTX },
  { kind, name: 'concordat.fence', order: 'gtx, branch', where: BY_GTX },
];
/** Probes have rows of their own, named after them. */
const business = (kind: AppKind, name: string, column: string): Table => ({
  ...{ kind, name, order: 't::text', where: `${column} NOT LIKE 'probe%' AND $1::text[] IS NOT NULL` },
});

const TABLES: readonly Table[] = [
  { kind: 'coordinator', name: 'concordat.transaction', order: 'gtx', where: BY_GTX },
  { kind: 'coordinator', name: 'concordat.event', order: 'gtx, version', where: BY_GTX },
  ...protocol('inventory'),
  ...protocol('payments'),
  ...protocol('orders'),
  business('payments', 'payments.account', 'id'),
  business('payments', 'payments.entry', 'account'),
  business('inventory', 'inventory.stock', 'sku'),
  business('inventory', 'inventory.movement', 'sku'),
  business('orders', 'orders.customer_order', 'account'),
];

/** A hash of each table of transactions, branches and business: what a zombie must not change. */
export async function fingerprint(pod: Pod): Promise<Readonly<Record<string, string>>> {
  const there = TABLES.filter(({ kind }) => pod.cluster.names.some((name) => name.startsWith(kind)));
  const entries = there.map(async ({ kind, name, order, where }) => {
    const text = `SELECT md5(coalesce(string_agg(t::text, E'\\n' ORDER BY ${order}), '')) AS hash FROM ${name} t WHERE ${where}`;
    const [row] = await pod.query<{ hash: string }>(kind, text, [pod.probes]);
    return [`${kind} ${name}`, row!.hash] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Tables that differ. */
export function changedTables(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): readonly string[] {
  return Object.keys({ ...before, ...after }).filter((table) => before[table] !== after[table]);
}
