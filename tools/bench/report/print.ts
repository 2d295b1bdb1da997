import type { Row, Spread } from './summary.js';
import { figure, table } from './table.js';

const percent = ({ median }: Spread): string => `${(median * 100).toFixed(0)} %`;
const withRange = ({ median, min, max }: Spread): string =>
  `${figure(median)} [${figure(min)}, ${figure(max)}]`;

/** Throughput and latency of every row, as text. */
export function throughputTable(rows: readonly Row[]): string {
  const head = ['', 'C', 'committed/s', 'of floor', 'p50 ms', 'p95 ms', 'p99 ms', 'aborted', '429', 'late'];
  const cells = rows.map((row) => [
    row.contender,
    String(row.inFlight),
    withRange(row.throughput),
    row.ofFloor === undefined ? '' : percent(row.ofFloor),
    figure(row.p50Ms.median),
    figure(row.p95Ms.median),
    figure(row.p99Ms.median),
    String(row.aborted),
    String(row.overloaded),
    String(row.late),
  ]);
  return table(head, cells);
}

const COMPONENTS = ['coordinator', 'participants', 'load', 'postgres', 'kafka', 'elsewhere'];

/** What a committed transaction cost in each row. CPU in microseconds; `elsewhere`: what other programs took meanwhile. */
export function costTable(rows: readonly Row[]): string {
  const head = ['per committed transaction', 'C', ...COMPONENTS.map((name) => `${name} µs`)];
  const counters = ['commits', 'statements', 'records', 'WAL syncs', 'WAL bytes'];
  const cells = rows.map(({ contender, inFlight, perTransaction: each }) => [
    contender,
    String(inFlight),
    ...COMPONENTS.map((name) => (each.cpuUs[name] === undefined ? '' : figure(each.cpuUs[name]))),
    ...[each.commits, each.statements, each.records, each.walSyncs, each.walBytes].map(figure),
  ]);
  return table([...head, ...counters], cells);
}
