import type { LoadOrder, LoadResult, OnEdge } from '../load/closed-loop.js';

/** What a run asks for beside its load. */
export interface Workload extends LoadOrder {
  readonly seed: number;
  /** Skew of the accounts drawn: 0 uniform, 0.99 a hot few. */
  readonly theta: number;
  /** Share of transfers that are refused by their business, 0 to 1. */
  readonly refused: number;
}

/** Whose CPU time it is. */
export const Component = {
  Coordinator: 'coordinator',
  Participants: 'participants',
  Load: 'load',
} as const;
export type Component = (typeof Component)[keyof typeof Component];

/** Processes of a contender, by what they do; the broker and the database are everybody's. */
export type Pids = Readonly<Partial<Record<Component, readonly number[]>>>;

/** Something that carries out transfers and can be measured beside others. It stays up, idle, while others are measured. */
export interface Contender {
  /** Stable: tables, report and graph use it. */
  readonly name: string;
  /** Name of the floor it is held against. */
  readonly floor?: string;
  /** They change when processes are added. */
  pids(): Pids;
  /** Databases whose commits and statements are its own. */
  readonly databases: readonly string[];
  /** Topics whose records count for it begin so; absent: it sends none. */
  readonly topicPrefix?: string;
  drive(workload: Workload, onEdge: OnEdge): Promise<LoadResult>;
  /** Throws when what it left behind is not what was answered. */
  check(): Promise<void>;
  stop(): Promise<void>;
}
