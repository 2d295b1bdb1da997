import type { Overrides } from './config.js';

/** One run of TLC and what must come out of it. */
export interface Run extends Overrides {
  readonly name: string;
  /** A module of specs/. */
  readonly module: 'ConcordatProperties' | 'XaBranch';
  /** Its base configuration in specs/. */
  readonly config: string;
  readonly expect:
    | { readonly kind: 'holds'; readonly distinct: number; readonly generated: number }
    | { readonly kind: 'violates'; readonly property: string };
}
