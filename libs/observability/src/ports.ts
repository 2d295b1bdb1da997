/** Ports of the window: what the other libraries may say about themselves. Adapters: pino/, prometheus/. */

/** Structured log. One line says one thing; `fields` carry ids (gtx, branch, participant), never payloads. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Log;
}

export type Labels = Readonly<Record<string, string>>;

/** Counters, gauges and histograms by name; names and label sets are declared in `metrics.ts`. Seconds and plain counts. */
export interface Metrics {
  count(name: string, labels?: Labels, by?: number): void;
  gauge(name: string, value: number, labels?: Labels): void;
  observe(name: string, value: number, labels?: Labels): void;
}

/**
 * Named fault points (protocol.md §11). Off in production: `reach` returns at once.
 * In tests one point is armed by CONCORDAT_FAULT_POINT=`<name>:<kill|pause>[:nth]` and SIGKILLs or SIGSTOPs the process;
 * by `file:<path>` it is armed while that file holds such a spec.
 */
export interface FaultPoints {
  /** The armed point, null in production: a step that must stop *between* the items of a batch splits it only when armed. */
  readonly armed: FaultPoint | null;
  /** Passes the point `name`; `times` = how many items of the batch pass it. */
  reach(name: FaultPoint, times?: number): void | Promise<void>;
}

export const FAULT_POINTS = [
  'C1', 'C2', 'C3', 'C4', 'C5', 'C6', 'C7', 'C8', 'C9', 'C10',
  'W1', 'W2', 'W3', 'W5',
  'P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7', 'P8',
  'S1', 'S2', 'S3', 'S4', 'S5', 'S6',
  'O1', 'O2',
] as const; // prettier-ignore
export type FaultPoint = (typeof FAULT_POINTS)[number];
