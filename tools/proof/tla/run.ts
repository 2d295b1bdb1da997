import type { Overrides } from './config.js';

/** The size of a search: with another number of states it is another protocol that was searched. */
export interface Pinned {
  readonly distinct: number;
  readonly generated: number;
}

/** One run of TLC and what must come out of it. */
export interface Run extends Overrides {
  readonly name: string;
  /** A module of specs/. */
  readonly module: 'ConcordatProperties' | 'XaBranch';
  /** Its base configuration in specs/. */
  readonly config: string;
  readonly expect:
    /** Pinned: the number of states; null where it was never measured. */
    | { readonly kind: 'holds'; readonly pinned: Pinned | null }
    | { readonly kind: 'violates'; readonly property: string };
}
