import { TERMINAL, TransactionState, type Outcome } from '#protocol';
import type { DataSource, SelectQueryBuilder } from 'typeorm';
import type { StoredTransaction } from '../../../port/ledger.js';
import type { Page, PageRequest, TransactionFilter } from '../../../port/ledger-admin.js';
import { gtxCursor, pageOf, pageSize } from '../../../ledger/cursor.js';
import { cleanText } from '../arrays.js';
import { TransactionEntity } from './entities/transaction.entity.js';
import { storedOf } from './from-entity.js';

type Query = SelectQueryBuilder<TransactionEntity>;

/**
 * Rare rows are found by their partial index first. Left to itself, the planner would rather walk the primary key in the
 * order that LIMIT asks for, through all history, in the hope of meeting a few soon.
 */
const inRare = (name: string, condition: string): string =>
  `t.gtx IN (WITH ${name} AS MATERIALIZED (SELECT gtx FROM concordat.transaction WHERE ${condition}) SELECT gtx FROM ${name})`;
const IS_LIVE = inRare('live', 'ended_at IS NULL');
const IS_DAMAGED = inRare('damaged', `heuristic <> 'none'`);

const DECISION: Readonly<Record<Outcome, string>> = { committed: 'COMMIT', aborted: 'ABORT' };

function narrowState(query: Query, state: TransactionState): void {
  query.andWhere('t.state = :state', { state });
  if (state === TransactionState.Quarantined) query.andWhere(IS_DAMAGED);
  else if (!TERMINAL.includes(state)) query.andWhere(IS_LIVE);
}

function narrow(query: Query, filter: TransactionFilter): void {
  if (filter.state !== undefined) narrowState(query, filter.state);
  if (filter.outcome !== undefined) {
    query.andWhere('t.decision = :decision', { decision: DECISION[filter.outcome] });
  }
  if (filter.participant !== undefined) {
    query.andWhere('t.participants @> ARRAY[:participant]', { participant: cleanText(filter.participant) });
  }
  if (filter.businessKey !== undefined) {
    query.andWhere('t.businessKey = :businessKey', { businessKey: cleanText(filter.businessKey) });
  }
  if (filter.olderThanMs !== undefined) {
    query.andWhere(`t.createdAt <= now() - :olderThanMs::float8 * interval '1 ms'`, {
      olderThanMs: filter.olderThanMs,
    });
  }
}

async function readPage(query: Query, page: PageRequest): Promise<Page<StoredTransaction>> {
  query.addSelect('floor(extract(epoch FROM now()) * 1000)::float8', 'now_ms').limit(pageSize(page) + 1);
  const { entities, raw } = await query.getRawAndEntities<{ now_ms: number }>();
  const nowMs = raw[0]?.now_ms ?? 0;
  return pageOf(
    entities.map((entity) => storedOf(entity, nowMs)),
    page,
    ({ tx }) => tx.gtx,
  );
}

/** Newest first. */
export function listTransactions(
  source: DataSource,
  filter: TransactionFilter,
  page: PageRequest,
): Promise<Page<StoredTransaction>> {
  const query = source.getRepository(TransactionEntity).createQueryBuilder('t').orderBy('t.gtx', 'DESC');
  const after = gtxCursor(page);
  if (after !== null) query.andWhere('t.gtx < :after', { after });
  narrow(query, filter);
  return readPage(query, page);
}

/** Live and quarantined ones, oldest first. */
export function listUnresolved(
  source: DataSource,
  filter: { olderThanMs: number; participant?: string },
  page: PageRequest,
): Promise<Page<StoredTransaction>> {
  const query = source.getRepository(TransactionEntity).createQueryBuilder('t').orderBy('t.gtx', 'ASC');
  const after = gtxCursor(page);
  if (after !== null) query.andWhere('t.gtx > :after', { after });
  const quarantined = `(t.state = 'QUARANTINED' AND ${IS_DAMAGED})`;
  query.andWhere(`(${IS_LIVE} OR ${quarantined})`);
  narrow(query, filter);
  return readPage(query, page);
}
