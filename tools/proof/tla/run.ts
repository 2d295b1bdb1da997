import type { Overrides } from './config.js';

/** The size of a search: with another number of states it is another protocol that was searched. */
export interface Pinned {
  readonly distinct: number;
  readonly generated: number;
}

/**
 * How TLC is started. `short`: on one core, quickly compiled. `long`: on one core, worth the optimizing compiler. `huge`: alone on
 * all cores. Only short searches count how often each action is taken: it costs a third more, and they take all of them.
 */
export type Effort = 'short' | 'long' | 'huge';

/** One run of TLC and what must come out of it. */
export interface Run extends Overrides {
  readonly name: string;
  /** A module of specs/. */
  readonly module: 'ConcordatProperties' | 'XaBranch';
  /** Its base configuration in specs/. */
  readonly config: string;
  /** Default `short`. */
  readonly effort?: Effort;
  readonly expect:
    /** Pinned: the number of states; null where it was never measured. */
    | { readonly kind: 'holds'; readonly pinned: Pinned | null }
    | { readonly kind: 'violates'; readonly property: string };
}
