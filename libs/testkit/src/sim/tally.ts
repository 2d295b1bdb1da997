import type { Labels, Log, Metrics } from '#observability';

/** Counts what happened, by name: log lines, metrics, and what the simulation itself did. */
export class Tally {
  readonly counts = new Map<string, number>();

  /** `say` prints every line with its moment: for replays. */
  constructor(private readonly say: ((line: string) => void) | null) {}

  add(name: string, by = 1): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + by);
  }

  of(name: string): number {
    return this.counts.get(name) ?? 0;
  }

  /** `at` tells the moment of a line. */
  log(process: string, at: () => string): Log {
    const line =
      (level: string) =>
      (fields: object, message: string): void => {
        this.add(`log: ${message}`);
        this.say?.(`${at()} ${process} ${level} ${message} ${textOf(fields)}`);
      };
    const log: Log = {
      debug: line('debug'),
      info: line('info'),
      warn: line('warn'),
      error: line('error'),
      child: () => log,
    };
    return log;
  }

  readonly metrics: Metrics = {
    count: (name: string, labels: Labels = {}, by = 1) =>
      this.add(`metric: ${name} ${Object.values(labels).join(' ')}`, by),
    gauge: () => undefined,
    observe: () => undefined,
  };

  note(line: string): void {
    this.say?.(line);
  }
}

function textOf(fields: object): string {
  return JSON.stringify(fields, (_, value: unknown) =>
    value instanceof Error ? `${value.name}: ${value.message}` : value,
  );
}
