import { silentLog } from '#observability';
import {
  createPool,
  LEDGER_SESSION,
  migrateCoordinator,
  openPostgresLedgerAdmin,
  PostgresLedger,
  type OpenLedgerAdmin,
  type PostgresLedgerOptions,
} from '#persistence';
import { startPostgres, temporaryDirectory, type Postgres } from '#stack';
import path from 'node:path';
import pg from 'pg';
import type { LedgerWorld } from '../../../libs/persistence/src/conformance/ledger-world.js';

/** A real server with one database, whose time zone and date style are neither this process's nor the usual ones. */
export class LedgerDatabase {
  private readonly ledgers: PostgresLedger[] = [];

  private constructor(
    readonly postgres: Postgres,
    readonly url: string,
    private superuser: pg.Client,
    private readonly removeDirectory: () => Promise<void>,
  ) {}

  static async start(): Promise<LedgerDatabase> {
    const directory = await temporaryDirectory('ledger');
    const postgres = await startPostgres({
      dataDir: path.join(directory.path, 'data'),
      databases: ['ledger'],
    });
    const url = postgres.url('ledger');
    await oddSettings(postgres);
    await migrateCoordinator(url);
    const superuser = await connect(url);
    return new LedgerDatabase(postgres, url, superuser, () => directory.remove());
  }

  /** One statement as the superuser. */
  async query<T extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<T[]> {
    return (await this.superuser.query<T>(text, values)).rows;
  }

  open(instanceId: string, options: Partial<PostgresLedgerOptions> = {}): PostgresLedger {
    const ledger = new PostgresLedger({ pool: this.pool(instanceId), instanceId, ...options });
    this.ledgers.push(ledger);
    return ledger;
  }

  private pool(applicationName: string): pg.Pool {
    return createPool({ url: this.url, applicationName, log: silentLog, max: 2, settings: LEDGER_SESSION });
  }

  openAdmin(): Promise<OpenLedgerAdmin> {
    return openPostgresLedgerAdmin({ url: this.url, applicationName: 'admin', log: silentLog, max: 2 });
  }

  /** Work on one session that is set up as the ledger's are. */
  async withSession<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    const pool = this.pool('session');
    const client = await pool.connect();
    try {
      return await work(client);
    } finally {
      client.release();
      await pool.end();
    }
  }

  /** A plain connection to any database of the server. */
  async withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = await connect(url);
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  /** The url of a new, empty database. */
  async emptyDatabase(name: string): Promise<string> {
    await this.postgres.createDatabase(name);
    return this.postgres.url(name);
  }

  /** After the server went down and came back. */
  async reconnect(): Promise<void> {
    this.superuser = await connect(this.url);
  }

  async reset(): Promise<void> {
    await this.closeLedgers();
    await this
      .query(`TRUNCATE concordat.transaction, concordat.event, concordat.idempotency_key, concordat.instance,
      concordat.participant, concordat.participant_instance, concordat.audit_log, concordat.dead_letter`);
    await this.query(`UPDATE concordat.ledger_state SET epoch = 1, hold = false`);
  }

  /** Shifts every stored time into the past; the guard would not let an end be moved. */
  async age(ms: number): Promise<void> {
    const by = `interval '${ms} ms'`;
    const shift = (table: string, columns: readonly string[]): string =>
      `UPDATE concordat.${table} SET ${columns.map((column) => `${column} = ${column} - ${by}`).join(', ')}`;
    await this.query(
      [
        `BEGIN`,
        `SET LOCAL session_replication_role = replica`,
        shift('transaction', ['created_at', 'updated_at', 'deadline', 'next_at', 'ended_at']),
        shift('instance', ['heartbeat_at', 'started_at']),
        shift('participant', ['last_seen_at']),
        shift('participant_instance', ['last_seen_at']),
        shift('dead_letter', ['stored_at']),
        `COMMIT`,
      ].join(';'),
    );
  }

  async stop(): Promise<void> {
    await this.closeLedgers();
    await this.superuser.end();
    await this.postgres.stop('immediate');
    await this.removeDirectory();
  }

  private async closeLedgers(): Promise<void> {
    await Promise.all(this.ledgers.splice(0).map((ledger) => ledger.close()));
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  // Some tests take the server away under it; the next statement then says so.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function oddSettings(postgres: Postgres): Promise<void> {
  const client = await connect(postgres.adminUrl);
  await client.query(`ALTER DATABASE ledger SET timezone = 'Pacific/Chatham'`);
  await client.query(`ALTER DATABASE ledger SET datestyle = 'SQL, DMY'`);
  await client.query(`ALTER DATABASE ledger SET synchronous_commit = off`);
  await client.query(`ALTER DATABASE ledger SET statement_timeout = '20s'`);
  await client.end();
}

/** The world of the conformance suite: statements are counted where pg sends them. */
export async function ledgerWorld(database: LedgerDatabase): Promise<LedgerWorld> {
  const admin = await database.openAdmin();
  let sent: string[] = [];
  return {
    open: (instanceId) => database.open(instanceId, { onStatement: (name) => sent.push(name) }),
    admin,
    nowMs: () => Date.now(),
    age: (ms) => database.age(ms),
    statements: () => sent.splice(0),
    reset: async () => {
      sent = [];
      await database.reset();
    },
    close: () => admin.close(),
  };
}
