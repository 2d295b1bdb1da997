import type { Sample } from '../run.js';
import { figure, table } from './table.js';

const SHOWN = 24;
const TEXT_LENGTH = 90;

/** What the databases were asked in one sample, per committed transaction, most often first. */
export function statementTable({ contender, x, result, cost }: Sample, xLabel: string): string {
  const committed = Math.max(1, result.endings.committed);
  const rows = cost.statementCounts
    .slice(0, SHOWN)
    .map(({ database, query, calls, executionMs }) => [
      query.replaceAll(/\s+/g, ' ').slice(0, TEXT_LENGTH),
      database,
      figure(calls / committed),
      figure((executionMs * 1000) / committed),
    ]);
  return `${contender}, ${xLabel} ${x}\n${table(['statement', 'database', 'calls', 'µs in server'], rows)}`;
}
