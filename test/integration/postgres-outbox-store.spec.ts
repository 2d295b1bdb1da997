/** The initiator's outbox over a real PostgreSQL: the conformance suite, on a pg client and on a TypeORM EntityManager. */
import { afterAll, beforeAll, jest } from '@jest/globals';
import { createPostgresOutboxStore, type OutboxStore } from '#persistence';
import { silentLog } from '#observability';
import pg from 'pg';
import { DataSource } from 'typeorm';
import {
  outboxStoreConformance,
  type CallerTransaction,
  type OutboxWorld,
} from '../../libs/persistence/src/conformance/outbox-store.js';
import { startParticipantServer, type ParticipantServer } from './persistence/participant-server.js';

jest.setTimeout(60_000);

let server: ParticipantServer;
let pool: pg.Pool;
let source: DataSource;

beforeAll(async () => {
  server = await startParticipantServer(0);
  const url = server.url('one', 'payments');
  pool = new pg.Pool({ connectionString: url });
  pool.on('error', () => undefined);
  source = await new DataSource({ type: 'postgres', url }).initialize();
});

afterAll(async () => {
  await pool.end();
  await source.destroy();
  await server.stop();
});

async function beginOnClient(): Promise<CallerTransaction> {
  const client = await pool.connect();
  await client.query('BEGIN');
  const end = async (how: string): Promise<void> => {
    await client.query(how);
    client.release();
  };
  return { connection: client, commit: () => end('COMMIT'), rollback: () => end('ROLLBACK') };
}

async function beginOnManager(): Promise<CallerTransaction> {
  const runner = source.createQueryRunner();
  await runner.startTransaction();
  return {
    connection: runner.manager,
    commit: () => runner.commitTransaction().then(() => runner.release()),
    rollback: () => runner.rollbackTransaction().then(() => runner.release()),
  };
}

const worldWith = (begin: () => Promise<CallerTransaction>) => async (): Promise<OutboxWorld> => {
  const stores: OutboxStore[] = [];
  const shift = `UPDATE concordat.outbox SET next_at = next_at - $1::float8 * interval '1 ms',
    created_at = created_at - $1::float8 * interval '1 ms', delivered_at = delivered_at - $1::float8 * interval '1 ms'`;
  return {
    clear: async () => {
      await server.query('one', 'DELETE FROM concordat.outbox');
    },
    open: () => {
      const store = createPostgresOutboxStore({ url: server.url('one', 'payments'), log: silentLog });
      stores.push(store);
      return store;
    },
    begin,
    age: async (byMs) => {
      await server.query('one', shift, [byMs]);
    },
    close: async () => {
      await Promise.all(stores.map((store) => store.close()));
    },
  };
};

outboxStoreConformance('postgres, pg client', worldWith(beginOnClient));
outboxStoreConformance('postgres, TypeORM EntityManager', worldWith(beginOnManager));
