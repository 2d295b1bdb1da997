import { TERMINAL, TransactionState, type Outcome } from '#protocol';
import type { DataSource, SelectQueryBuilder } from 'typeorm';
import type { StoredTransaction } from '../../../port/ledger.js';
import type { Page, PageRequest, TransactionFilter } from '../../../port/ledger-admin.js';
import { cursorAt, gtxCursor, pageOf, pageSize } from '../../../ledger/cursor.js';
import { cleanText } from '../arrays.js';
import { TransactionEntity } from './entities/transaction.entity.js';
import { storedOf } from './from-entity.js';
import { scanWindow } from './scan-window.js';

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

/** Filters that no index serves; the others find their rows at once, or stop soon because they ask for few. */
function walksHistory({ state, outcome, participant, olderThanMs, businessKey }: TransactionFilter): boolean {
  if (businessKey !== undefined) return false;
  if (state !== undefined && (state === TransactionState.Quarantined || !TERMINAL.includes(state)))
    return false;
  return [state, outcome, participant, olderThanMs].some((wanted) => wanted !== undefined);
}

/** Newest first. A page that walks history looks at a bounded part of it: it may be short, even empty, and still have a next one. */
export async function listTransactions(
  source: DataSource,
  filter: TransactionFilter,
  page: PageRequest,
): Promise<Page<StoredTransaction>> {
  const after = gtxCursor(page);
  const query = source.getRepository(TransactionEntity).createQueryBuilder('t').orderBy('t.gtx', 'DESC');
  narrow(query, filter);
  if (!walksHistory(filter)) {
    if (after !== null) query.andWhere('t.gtx < :after', { after });
    return readPage(query, page);
  }
  const { upper, floor } = await scanWindow(source, after, filter.olderThanMs);
  query.andWhere('t.gtx < :upper', { upper });
  if (floor !== null) query.andWhere('t.gtx >= :floor', { floor });
  const { items, nextCursor } = await readPage(query, page);
  return { items, nextCursor: nextCursor ?? (floor === null ? null : cursorAt(floor)) };
}

/** Few, whatever the length of history: both halves have a partial index. */
const UNRESOLVED = `t.gtx IN (
  WITH unresolved AS MATERIALIZED (
    SELECT gtx FROM concordat.transaction WHERE ended_at IS NULL
    UNION SELECT gtx FROM concordat.transaction WHERE heuristic <> 'none' AND state = 'QUARANTINED'
  ) SELECT gtx FROM unresolved)`;

/** Live and quarantined ones, oldest first. */
export function listUnresolved(
  source: DataSource,
  filter: { olderThanMs: number; participant?: string },
  page: PageRequest,
): Promise<Page<StoredTransaction>> {
  const query = source.getRepository(TransactionEntity).createQueryBuilder('t').orderBy('t.gtx', 'ASC');
  const after = gtxCursor(page);
  if (after !== null) query.andWhere('t.gtx > :after', { after });
  query.andWhere(UNRESOLVED);
  narrow(query, filter);
  return readPage(query, page);
}
