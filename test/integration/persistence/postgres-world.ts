import {
  createPostgresBranchStore,
  type BranchStore,
  type HandlerStatement,
  type PostgresBranchStore,
} from '#persistence';
import { silentLog } from '#observability';
import type {
  BranchStoreWorld,
  DatabaseName,
  OpenOptions,
} from '../../../libs/persistence/src/conformance/branch-store-world.js';
import { waitFor } from '../../../tools/stack/wait.js';
import type { PoolClient } from 'pg';
import type { ParticipantServer } from './participant-server.js';

const SHORT_LOCK_TIMEOUT_MS = 150;
const LONG_LOCK_TIMEOUT_MS = 30_000;

let opened = 0;

interface Process {
  readonly store: PostgresBranchStore;
  readonly name: string;
}

/** The world of the conformance suite over a running server; a "process" is a store whose sessions have a name of their own. */
export class PostgresWorld implements BranchStoreWorld {
  private readonly processes = new Map<BranchStore, Process>();
  private readonly foreign: string[] = [];

  constructor(private readonly server: ParticipantServer) {}

  open({
    participant = 'payments',
    database = 'one',
    patient = false,
  }: OpenOptions = {}): PostgresBranchStore {
    opened += 1;
    const name = `process-${opened}`;
    const store = createPostgresBranchStore({
      url: `${this.server.url(database, participant)}?application_name=${name}`,
      participant,
      log: silentLog,
      lockTimeoutMs: patient ? LONG_LOCK_TIMEOUT_MS : SHORT_LOCK_TIMEOUT_MS,
    });
    this.processes.set(store, { store, name });
    return store;
  }

  async crash(store: BranchStore): Promise<void> {
    const name = this.processes.get(store)?.name;
    const theirs = `FROM pg_stat_activity WHERE application_name = $1`;
    await this.server.query('postgres', `SELECT pg_terminate_backend(pid) ${theirs}`, [name]);
    const gone = async () => {
      const rows = await this.server.query('postgres', `SELECT 1 ${theirs}`, [name]);
      return rows.length === 0 ? true : undefined;
    };
    await waitFor(gone, { what: `the sessions of ${name ?? ''} to end`, timeoutMs: 10_000, intervalMs: 10 });
  }

  async crashServer(): Promise<void> {
    await this.server.postgres.kill9();
    await this.server.postgres.restart();
  }

  async untilWaiting(count: number): Promise<void> {
    const enough = async () => {
      const rows = await this.server.query(
        'one',
        `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'`,
      );
      return rows.length >= count ? true : undefined;
    };
    await waitFor(enough, { what: `${count} waiting transactions`, timeoutMs: 10_000, intervalMs: 10 });
  }

  async put(client: unknown, key: string, value: string): Promise<void> {
    await (client as PoolClient).query(UPSERT_BUSINESS, [key, value]);
  }

  async get(client: unknown, key: string): Promise<string | null> {
    const { rows } = await (client as PoolClient).query<{ value: string }>(SELECT_BUSINESS, [key]);
    return rows[0]?.value ?? null;
  }

  async failStatement(client: unknown): Promise<void> {
    await (client as PoolClient).query('SELECT 1 / 0');
  }

  writing(key: string, value: string): HandlerStatement {
    return { name: 'writing', text: `${UPSERT_BUSINESS} RETURNING key`, values: [key, value] };
  }

  reading(key: string): HandlerStatement {
    return { text: 'SELECT $1 AS key WHERE NOT EXISTS (SELECT FROM business WHERE key = $1)', values: [key] };
  }

  failing(): HandlerStatement {
    return { text: 'SELECT 1 / 0', values: [] };
  }

  async read(key: string, database: DatabaseName = 'one'): Promise<string | null> {
    const rows = await this.server.query<{ value: string }>(database, SELECT_BUSINESS, [key]);
    return rows[0]?.value ?? null;
  }

  async prepareForeign(gid: string): Promise<void> {
    await this.server.query('one', `BEGIN; PREPARE TRANSACTION '${gid}'`);
    this.foreign.push(gid);
  }

  async foreignGids(): Promise<readonly string[]> {
    const rows = await this.server.query<{ gid: string }>('one', 'SELECT gid FROM pg_prepared_xacts');
    return rows.map(({ gid }) => gid).filter((gid) => this.foreign.includes(gid));
  }

  async age(byMs: number): Promise<void> {
    const shift = `UPDATE concordat.branch SET updated_at = updated_at - $1::float8 * interval '1 ms'`;
    for (const database of ['one', 'two']) await this.server.query(database, shift, [byMs]);
  }

  async close(): Promise<void> {
    await Promise.all([...this.processes.values()].map(({ store }) => store.close()));
  }
}

const UPSERT_BUSINESS =
  'INSERT INTO business VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value';
const SELECT_BUSINESS = 'SELECT value FROM business WHERE key = $1';
