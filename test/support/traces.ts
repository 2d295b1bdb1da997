import pg from 'pg';
import type { Cluster } from '#stack';
import { historiesOf, validateHistories } from '#testkit';
import type { BranchTraceRow, FenceRow, TraceRows, Validated } from '#testkit';

/** Connection URLs of an installation at rest; participants by the name they are registered with. */
export interface TraceSources {
  readonly coordinator: string;
  readonly participants: Readonly<Record<string, string>>;
}

/** Those of the example shop. */
export const sourcesOf = (cluster: Pick<Cluster, 'databaseUrl'>): TraceSources => ({
  coordinator: cluster.databaseUrl('coordinator'),
  participants: Object.fromEntries(
    (['orders', 'inventory', 'payments'] as const).map((kind) => [kind, cluster.databaseUrl(kind)]),
  ),
});

/**
 * I13: reads every transaction's timeline and every branch, and asks the specifications. Only at rest, and before garbage
 * collection: what is read of one database must not be newer than what is read of another, and nothing may be missing.
 */
export async function validateTraces(
  sources: TraceSources,
  /** Histories of others are left out. Default: all are wanted. */
  wanted: (gtx: string) => boolean = () => true,
): Promise<Validated> {
  return validateHistories(historiesOf(await traceRows(sources)).filter(({ gtx }) => wanted(gtx)));
}

/** What of it is wrong: also what the specifications could not judge. */
export const wrongTraces = ({ excused, rejected }: Validated): readonly string[] => [
  ...rejected.map(({ gtx, reason }) => `${gtx}: ${reason}`),
  ...(excused > 0 ? [`${excused} histories could not be judged`] : []),
];

export async function traceRows({ coordinator, participants }: TraceSources): Promise<TraceRows> {
  const held = await Promise.all(
    Object.entries(participants).map(([name, url]) =>
      withDatabase(url, (query) => participantRows(name, query)),
    ),
  );
  const ledger = await withDatabase(coordinator, ledgerRows);
  return {
    ...ledger,
    branches: held.flatMap(({ branches }) => branches),
    gids: held.flatMap(({ gids }) => gids),
    fences: held.flatMap(({ fences }) => fences),
  };
}

type Query = <R extends object>(text: string, values?: readonly unknown[]) => Promise<R[]>;

async function ledgerRows(query: Query): Promise<Pick<TraceRows, 'transactions' | 'timeline'>> {
  return {
    transactions: await query('SELECT gtx, branches FROM concordat.transaction'),
    timeline: await query(
      'SELECT gtx, kind, attempt, branch, detail FROM concordat.timeline ORDER BY gtx, seq',
    ),
  };
}

async function participantRows(participant: string, query: Query) {
  const rows = await query<Omit<BranchTraceRow, 'participant'>>(
    'SELECT gtx, attempt, branch, state FROM concordat.branch',
  );
  const prepared = await query<{ gid: string }>(
    'SELECT gid FROM pg_prepared_xacts WHERE database = current_database() AND starts_with(gid, $1)',
    [`concordat:${participant}:`],
  );
  return {
    branches: rows.map((row) => ({ ...row, participant })),
    gids: prepared.map(({ gid }) => gid),
    fences: await query<FenceRow>('SELECT gtx, branch, max_attempt FROM concordat.fence'),
  };
}

async function withDatabase<T>(url: string, work: (query: Query) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(async <R extends object>(text: string, values: readonly unknown[] = []) => {
      const { rows } = await client.query<R>(text, [...values]);
      return rows;
    });
  } finally {
    await client.end();
  }
}
