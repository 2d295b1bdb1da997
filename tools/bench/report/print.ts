import type { Row, Spread } from './summary.js';
import { figure, table } from './table.js';

/** Where a step is: counts are whole, a skew is not. */
const figureOf = (x: number): string => (Number.isInteger(x) ? x.toLocaleString('en-US') : String(x));

const percent = ({ median }: Spread): string => `${(median * 100).toFixed(0)} %`;
const withRange = ({ median, min, max }: Spread): string =>
  `${figure(median)} [${figure(min)}, ${figure(max)}]`;

/** Throughput and latency of every row, as text. */
export function throughputTable(rows: readonly Row[], xLabel: string): string {
  const head = [
    '',
    xLabel,
    'committed/s',
    'of floor',
    'p50 ms',
    'p95 ms',
    'p99 ms',
    'aborted',
    '429',
    'late',
  ];
  const cells = rows.map((row) => [
    row.contender,
    figureOf(row.x),
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

/** What a committed transaction cost in each row. CPU in microseconds; `elsewhere`: what other programs took meanwhile. Memory is that of the largest process. */
export function costTable(rows: readonly Row[], xLabel: string): string {
  const head = ['per committed transaction', xLabel, ...COMPONENTS.map((name) => `${name} µs`)];
  const counters = ['commits', 'statements', 'records', 'WAL syncs', 'WAL bytes'];
  const memory = ['coordinator MiB', 'participant MiB'];
  const cells = rows.map(({ contender, x, perTransaction: each, residentMib }) => [
    contender,
    figureOf(x),
    ...COMPONENTS.map((name) => (each.cpuUs[name] === undefined ? '' : figure(each.cpuUs[name]))),
    ...[each.commits, each.statements, each.records, each.walSyncs, each.walBytes].map(figure),
    ...[residentMib['coordinator'], residentMib['participants']].map((mib) =>
      mib === undefined ? '' : figure(mib),
    ),
  ]);
  return table([...head, ...counters, ...memory], cells);
}
