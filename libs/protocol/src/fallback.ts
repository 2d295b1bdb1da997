import type { Drive } from './transaction.js';
import { FALLBACK_CODES, Fallback, Heuristic, Mode, Vote } from './vocabulary.js';

/** Why ABORT is written while the cell is empty; `fallback` says whether §8 is evaluated (force-abort and tombstones switch it off). */
export interface AbortCause {
  readonly reason: string;
  readonly fallback: boolean;
  readonly by: 'vote' | 'timeout' | 'operator';
}

/**
 * protocol.md §8, evaluated in the write of ABORT itself. R1–R2 hold by that write, R3 and R10 at the participant, R4 by keys,
 * R6 was checked at BEGIN (`planFaults`), R7 because `outcome` stays null between attempts.
 */
export function fallbackAllowed(drive: Drive, cause: AbortCause): boolean {
  const { tx } = drive;
  const firstAttempt = tx.attempt === 1 && tx.mode === Mode.TwoPhase; // R9
  const untouched = tx.heuristic === Heuristic.None; // R8
  return tx.fallback === Fallback.Saga && firstAttempt && untouched && causeAllows(drive, cause);
}

/** R8: only technical NOs, a prepare timeout, or a participant that is down; every NO seen must allow it. */
function causeAllows(drive: Drive, cause: AbortCause): boolean {
  if (cause.by === 'operator') return false;
  const refusals = Object.values(drive.votes).filter((held) => held.vote === Vote.No);
  return refusals.every((held) => held.code !== null && FALLBACK_CODES.includes(held.code));
}
