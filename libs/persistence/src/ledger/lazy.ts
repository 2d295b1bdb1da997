import type { StepWrite } from '../port/ledger.js';

/** A lazily written commit reaches the disk after at most this: three rounds of PostgreSQL's WAL writer (200 ms each). */
export const LAZY_MS = 600;

/**
 * D4: the acknowledgements and the end of a two-phase transaction. What they say is durable where it was given, so a lost one is
 * asked for and written again; a decision never is of this kind.
 */
export function mayBeLazy(step: StepWrite): boolean {
  return step.ended && step.decide === null && step.startAttempt === null && step.heuristic === 'none';
}
