import { checkedDeclaration } from '../metric-check.js';
import type { FaultPoint, FaultPoints, Labels, Log, Metrics } from '../ports.js';

/** In-memory twins of the ports: what was said is kept, for tests to read. */

export interface LoggedLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export class RecordingLog implements Log {
  constructor(
    readonly lines: LoggedLine[] = [],
    private readonly base: object = {},
  ) {}

  debug(fields: object, message: string): void {
    this.add('debug', fields, message);
  }
  info(fields: object, message: string): void {
    this.add('info', fields, message);
  }
  warn(fields: object, message: string): void {
    this.add('warn', fields, message);
  }
  error(fields: object, message: string): void {
    this.add('error', fields, message);
  }
  /** Shares `lines` with its parent. */
  child(fields: object): RecordingLog {
    return new RecordingLog(this.lines, { ...this.base, ...fields });
  }

  private add(level: LoggedLine['level'], fields: object, message: string): void {
    this.lines.push({ level, message, fields: { ...this.base, ...fields } });
  }
}

/** Counts and gauges by name and labels; refuses the same misuse as the Prometheus adapter. */
export class RecordingMetrics implements Metrics {
  private readonly values = new Map<string, number>();
  private readonly observations = new Map<string, number[]>();

  count(name: string, labels: Labels = {}, by = 1): void {
    checkedDeclaration(name, 'counter', labels);
    this.values.set(series(name, labels), this.value(name, labels) + by);
  }
  gauge(name: string, value: number, labels: Labels = {}): void {
    checkedDeclaration(name, 'gauge', labels);
    this.values.set(series(name, labels), value);
  }
  observe(name: string, value: number, labels: Labels = {}): void {
    checkedDeclaration(name, 'histogram', labels);
    this.observations.set(series(name, labels), [...this.observed(name, labels), value]);
  }

  /** Counter or gauge now; 0 when never touched. */
  value(name: string, labels: Labels = {}): number {
    return this.values.get(series(name, labels)) ?? 0;
  }
  /** Everything a histogram was given, in order. */
  observed(name: string, labels: Labels = {}): readonly number[] {
    return this.observations.get(series(name, labels)) ?? [];
  }
}

/** Runs `at` whenever a point is passed, and keeps the order. */
export class RecordingFaultPoints implements FaultPoints {
  readonly armed: FaultPoint | null = null;
  readonly passed: FaultPoint[] = [];
  constructor(
    private readonly at: (name: FaultPoint, times: number) => void | Promise<void> = () => undefined,
  ) {}

  reach(name: FaultPoint, times = 1): void | Promise<void> {
    this.passed.push(name);
    return this.at(name, times);
  }
}

/** Says nothing. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
};

/** Counts nothing. */
export const noMetrics: Metrics = {
  count: () => undefined,
  gauge: () => undefined,
  observe: () => undefined,
};

function series(name: string, labels: Labels): string {
  const sorted = Object.entries(labels).sort(([left], [right]) => (left < right ? -1 : 1));
  return `${name}${JSON.stringify(sorted)}`;
}
