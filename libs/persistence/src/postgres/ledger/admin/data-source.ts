import type { Log } from '#observability';
import type pg from 'pg';
import { DataSource } from 'typeorm';
import { settleSession } from '../../pool.js';
import { AuditEntity } from './entities/audit.entity.js';
import { DeadLetterEntity } from './entities/dead-letter.entity.js';
import { TimelineEntity } from './entities/timeline.entity.js';
import { LedgerStateEntity } from './entities/ledger-state.entity.js';
import { TransactionEntity } from './entities/transaction.entity.js';

export interface AdminSourceOptions {
  readonly url: string;
  readonly applicationName: string;
  readonly log: Log;
  /** Connections at most. Default 4: lists and gauges wait for each other rather than for the hot path. */
  readonly max?: number;
}

/** A list that would walk all history is ended by the server; the caller narrows its filter. */
const STATEMENT_TIMEOUT_MS = 15_000;

/** TypeORM's own pool, apart from the hot path's, with the same manners (pool.ts). */
export async function openSource(options: AdminSourceOptions): Promise<DataSource> {
  const { log } = options;
  const source = new DataSource({
    type: 'postgres',
    url: options.url,
    applicationName: options.applicationName,
    entities: [TransactionEntity, TimelineEntity, AuditEntity, DeadLetterEntity, LedgerStateEntity],
    logging: false,
    poolErrorHandler: (error: unknown) => log.warn({ err: error }, 'an idle database connection ended'),
    extra: {
      max: options.max ?? 4,
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
      query_timeout: 2 * STATEMENT_TIMEOUT_MS,
      onConnect: (client: pg.ClientBase) =>
        settleSession(client, { statement_timeout: `${STATEMENT_TIMEOUT_MS}ms` }),
    },
  });
  await source.initialize();
  const { master } = source.driver as unknown as { master: pg.Pool };
  master.on('connect', (client) =>
    client.on('error', (error) => log.debug({ err: error }, 'a database connection ended')),
  );
  return source;
}
