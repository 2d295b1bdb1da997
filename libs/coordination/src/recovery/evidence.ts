import { driveOf, outstanding } from '#protocol';
import type { Command, Json } from '#protocol';
import type { StoredTransaction } from '#persistence';
import type { Entry } from '../drive/entry.js';

/** What an operator needs to judge a transaction in doubt. Votes are known only where it is driven. */
export interface Evidence {
  readonly state: string;
  readonly attempt: number;
  readonly decision: string | null;
  readonly driver: string | null;
  readonly drivenHere: boolean;
  readonly votes: readonly { readonly branch: string; readonly vote: string; readonly code: string | null }[];
  readonly results: readonly { readonly attempt: number; readonly branch: string; readonly state: string }[];
  /** Commands that wait for an answer, and how often they were repeated. */
  readonly outstanding: readonly {
    readonly type: string;
    readonly attempt: number;
    readonly branch: string;
    readonly participant: string;
  }[];
  readonly tries: number;
  readonly ageMs: number;
  readonly deadlineLeftMs: number;
  readonly waitingLocks: readonly Json[];
}

export function evidenceOf(
  stored: StoredTransaction,
  entry: Entry | undefined,
  waitingLocks: readonly Json[],
): Evidence {
  const drive = entry?.drive ?? driveOf(stored.tx);
  const { tx } = drive;
  return {
    state: tx.state,
    attempt: tx.attempt,
    decision: tx.attempts.at(-1)?.decision ?? null,
    driver: stored.driver,
    drivenHere: entry?.mine ?? false,
    votes: Object.entries(drive.votes).map(([branch, held]) => ({
      branch,
      vote: held.vote,
      code: held.code,
    })),
    results: [...tx.results, ...Object.values(drive.unwritten)].map(({ attempt, branch, state }) => ({
      attempt,
      branch,
      state,
    })),
    outstanding: outstanding(drive).map(({ type, attempt, branch, participant }) => ({
      type,
      attempt,
      branch,
      participant,
    })),
    tries: entry?.tries ?? stored.tries,
    ageMs: stored.ageMs,
    deadlineLeftMs: stored.deadlineLeftMs,
    waitingLocks,
  };
}

/** Branches that may be prepared and have not acknowledged: of an undecided 2PC attempt all, of a decided one those that still owe. */
export function inDoubtCommands(stored: StoredTransaction): readonly Command[] {
  return outstanding(driveOf(stored.tx)).filter(
    ({ type }) => type === 'PREPARE' || type === 'COMMIT' || type === 'ABORT',
  );
}
