import type { ClientBase } from 'pg';
import type { EntityManager } from 'typeorm';
import { StoreError } from '../../port/branch-store.js';

type Client = Pick<ClientBase, 'query'> & Partial<Pick<ClientBase, 'getTransactionStatus'>>;

const isManager = (connection: unknown): connection is EntityManager =>
  typeof connection === 'object' && connection !== null && 'createQueryBuilder' in connection;

/** A pool has `query` too, but runs each statement on any connection, in a transaction of its own. */
const isClient = (connection: unknown): connection is Client =>
  typeof connection === 'object' &&
  connection !== null &&
  'query' in connection &&
  !('totalCount' in connection);

const refused = (message: string): StoreError => new StoreError('OTHER', `outbox: ${message}`, false, null);

async function clientBehind(connection: unknown): Promise<Client> {
  if (!isManager(connection)) {
    if (isClient(connection)) return connection;
    throw refused('expected a pg client or a TypeORM EntityManager');
  }
  if (connection.queryRunner === undefined) {
    throw refused(
      'this EntityManager has no transaction; take the one that dataSource.transaction() hands over',
    );
  }
  return (await connection.queryRunner.connect()) as Client;
}

/**
 * The pg client of the caller's open local transaction.
 * @throws StoreError OTHER when there is none: an entry written outside would be submitted whatever becomes of the business data
 */
export async function clientInTransaction(connection: unknown): Promise<Client> {
  const client = await clientBehind(connection);
  if (client.getTransactionStatus?.() !== 'I') return client;
  throw refused('no transaction is open on this connection; BEGIN first, and wait for its answer');
}

interface Wire {
  on(event: 'readyForQuery', listener: (message: { readonly status?: string }) => void): unknown;
  off(event: 'readyForQuery', listener: (message: { readonly status?: string }) => void): unknown;
}

/** Who waits for the end of a client's present transaction: many entries may be enqueued in it. */
const waiting = new WeakMap<object, Set<() => void>>();

/**
 * Calls `ended` once the server reports that the client's present transaction is over (committed or not). Reads the protocol's
 * own messages, so it costs no statement. Where a driver hides them nobody is told: the relay looks now and then.
 */
export function onTransactionEnd(client: object, ended: () => void): void {
  const { connection } = client as { connection?: Wire };
  if (connection === undefined) return;
  const known = waiting.get(client);
  if (known !== undefined) {
    known.add(ended);
    return;
  }
  waiting.set(client, new Set([ended]));
  const listener = ({ status }: { readonly status?: string }): void => {
    if (status !== 'I') return;
    connection.off('readyForQuery', listener);
    const told = waiting.get(client) ?? [];
    waiting.delete(client);
    for (const tell of told) tell();
  };
  connection.on('readyForQuery', listener);
}
