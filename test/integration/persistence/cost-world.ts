import { silentLog } from '#observability';
import {
  createPool,
  createPostgresBranchStore,
  LEDGER_SESSION,
  migrateCoordinator,
  migrateParticipant,
  PostgresLedger,
  type BranchKey,
  type PostgresBranchStore,
  type StepWrite,
} from '#persistence';
import { startPostgres, temporaryDirectory, type Postgres } from '#stack';
import path from 'node:path';
import pg from 'pg';
import {
  begun,
  decided,
  entryOf,
  gtxsIn,
  kindsOf,
  newOf,
  resultOf,
  stepOf,
} from '../../../libs/persistence/src/conformance/ledger-world.js';
import { keyOf, rowOf } from '../../../libs/persistence/src/conformance/branch-store-world.js';
import { waitFor } from '../../../tools/stack/wait.js';

/** What the server did, in counts that no machine changes. */
export interface Costs {
  /** Statements of ours, besides BEGIN and COMMIT. */
  readonly own: number;
  readonly frames: number;
  readonly walBytes: number;
  readonly walRecords: number;
  readonly walSyncs: number;
}

/** Nothing that a clock starts writes to the log meanwhile, and no page is written whole. */
const STILL = {
  shared_preload_libraries: 'pg_stat_statements',
  full_page_writes: 'off',
  autovacuum: 'off',
  wal_writer_delay: '10s',
  checkpoint_timeout: '1h',
  bgwriter_lru_maxpages: '0',
};

const BRANCHES = ['stock', 'money'] as const;
const NAMES = ['ledger', ...BRANCHES];
const clock = { nowMs: () => Date.now() };

/** Statements that name our schema; WAL and syncs of the whole server. */
const COUNTERS = `
  SELECT
    (SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE query ~ 'concordat')::int AS own,
    (SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE query ~ '^(BEGIN|COMMIT)')::int AS frames,
    pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 AS "walBytes",
    (SELECT wal_records FROM pg_stat_wal)::float8 AS "walRecords",
    (SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal')::float8 AS "walSyncs"`;

/** A server with a ledger and the databases of two participants, on which whole tcc transactions are walked through. */
export class CostWorld {
  private constructor(
    private readonly postgres: Postgres,
    private readonly admin: pg.Client,
    private readonly removeDirectory: () => Promise<void>,
  ) {}

  static async start(): Promise<CostWorld> {
    const directory = await temporaryDirectory('costs');
    const dataDir = path.join(directory.path, 'data');
    const postgres = await startPostgres({ dataDir, databases: NAMES, settings: STILL });
    await migrateCoordinator(postgres.url('ledger'));
    for (const name of BRANCHES) await migrateParticipant(postgres.url(name));
    const admin = new pg.Client({ connectionString: postgres.adminUrl });
    await admin.connect();
    await admin.query('CREATE EXTENSION pg_stat_statements');
    return new CostWorld(postgres, admin, () => directory.remove());
  }

  /** What `rounds` batches of committed transactions cost each transaction. */
  async costsOf(batch: number, rounds: number): Promise<Costs> {
    const before = await this.read();
    await this.commit(batch, rounds);
    const after = await this.read();
    const names = Object.keys(after) as (keyof Costs)[];
    const each = names.map((name) => [name, (after[name] - before[name]) / (batch * rounds)]);
    return Object.fromEntries(each) as Costs;
  }

  private async commit(batch: number, rounds: number): Promise<void> {
    const pool = createPool({
      ...{ url: this.postgres.url('ledger'), applicationName: 'ledger', log: silentLog, max: 1 },
      settings: LEDGER_SESSION,
    });
    const ledger = new PostgresLedger({ pool, instanceId: 'one' });
    const stores = BRANCHES.map((participant) =>
      createPostgresBranchStore({ participant, url: this.postgres.url(participant), log: silentLog }),
    );
    for (let round = 0; round < rounds; round += 1) await walkThrough(ledger, stores, gtxsIn(clock, batch));
    await Promise.all([ledger, ...stores].map((part) => part.close()));
  }

  /** Sessions hand in what they counted when they end. */
  private async read(): Promise<Costs> {
    const ended = async (): Promise<true | undefined> => {
      const { rowCount } = await this.admin.query('SELECT FROM pg_stat_activity WHERE datname = ANY ($1)', [
        NAMES,
      ]);
      return rowCount === 0 ? true : undefined;
    };
    await waitFor(ended, { what: 'the sessions to end', timeoutMs: 10_000, intervalMs: 10 });
    return (await this.admin.query<Costs & pg.QueryResultRow>(COUNTERS)).rows[0]!;
  }

  async stop(): Promise<void> {
    await this.admin.end();
    await this.postgres.stop('immediate');
    await this.removeDirectory();
  }
}

/** D1, B1, D2, B2 and the end of a batch, as coordinator and participants write them; handlers do nothing. */
async function walkThrough(
  ledger: PostgresLedger,
  stores: readonly PostgresBranchStore[],
  gtxs: readonly string[],
): Promise<void> {
  const step = async (version: number, change: Partial<StepWrite>): Promise<void> =>
    expectAll(kindsOf(await ledger.commitSteps(gtxs.map((gtx) => stepOf(gtx, version, change)))), 'applied');
  const items = gtxs.map((gtx) => newOf(gtx));
  await begun(ledger, items);
  for (const [index, store] of stores.entries()) await prepare(store, keysOf(gtxs, index));
  await step(1, DECISION);
  for (const [index, store] of stores.entries()) await confirm(store, keysOf(gtxs, index));
  await step(2, END);
}

const keysOf = (gtxs: readonly string[], index: number): BranchKey[] =>
  gtxs.map((gtx) => keyOf(gtx, BRANCHES[index]));

async function prepare(store: PostgresBranchStore, keys: readonly BranchKey[]): Promise<void> {
  const tx = await store.begin();
  const rows = keys.map((key) => rowOf(key));
  expectAll(await tx.acceptRows(rows), 'fresh');
  await tx.commit();
}

async function confirm(store: PostgresBranchStore, keys: readonly BranchKey[]): Promise<void> {
  const tx = await store.begin();
  const moves = await tx.moveRows(keys.map((key) => ({ key, from: ['PREPARED'], to: 'COMMITTED' })));
  expectAll(
    moves.map(({ moved }) => (moved ? 'moved' : 'stale')),
    'moved',
  );
  await tx.commit();
}

const DECISION: Partial<StepWrite> = {
  ...decided('COMMIT'),
  timeline: [entryOf('DECIDED', { decision: 'COMMIT' }), entryOf('STATE', { state: 'COMMITTING' })],
};

const END: Partial<StepWrite> = {
  state: 'COMMITTED',
  ended: true,
  results: BRANCHES.map((branch) => resultOf(branch, 'COMMITTED')),
  timeline: [
    ...BRANCHES.map((branch) => ({ ...entryOf('BRANCH', { state: 'COMMITTED', error: null }), branch })),
    entryOf('ENDED', { state: 'COMMITTED' }),
  ],
};

function expectAll(found: readonly string[], wanted: string): void {
  const other = found.find((one) => one !== wanted);
  if (other !== undefined) throw new Error(`a step was ${other}, not ${wanted}`);
}
