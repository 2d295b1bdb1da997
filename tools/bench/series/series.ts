import type { Contender, Workload } from '../contenders/contender.js';

/** One place on the x axis. */
export interface Step {
  readonly x: number;
  /** Measured beside each other, in this order. */
  readonly contenders: readonly Contender[];
  /** What is different from the run's workload. */
  readonly workload?: Partial<Workload>;
  /** Brings the installation there, before each measurement of the step. */
  enter?(): Promise<void>;
}

/** Contenders measured along one dimension. */
export interface Series {
  readonly xLabel: string;
  readonly steps: readonly Step[];
  /** No way back from a step to the one before (history only grows): all rounds of a step come before the next one. */
  readonly oneWay: boolean;
  stop(): Promise<void>;
}
