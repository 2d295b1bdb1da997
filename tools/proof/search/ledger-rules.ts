/** What must hold of every image of the ledger, and of every write to it, whatever the participants do. */
import { attemptOf, currentAttempt, FALLBACK_CODES, legal, outcomeOf, TERMINAL } from '#protocol';
import type { BranchState, Change, Decision, Drive, Outcome, ProtocolEvent, Transaction } from '#protocol';

/** What the invariants and the end ask of an image. */
export interface ImageFacts {
  readonly exists: boolean;
  readonly terminal: boolean;
  readonly quarantined: boolean;
  /** The write-once cells, by attempt − 1. */
  readonly cells: readonly (Decision | null)[];
  readonly attempts: number;
  readonly outcome: Outcome | null;
  /** A saga runs or ran as the current attempt. */
  readonly saga: boolean;
  readonly tombstone: boolean;
  readonly state: string;
  /** By branch index: what is written of attempt 1, null = nothing. */
  readonly first: readonly (BranchState | null)[];
  /** Null, or what is wrong with the image alone. */
  readonly fault: string | null;
}

export function imageFacts(tx: Transaction | null): ImageFacts {
  if (!tx) return NOTHING;
  const cells = [1, 2].map((attempt) => attemptOf(tx, attempt)?.decision ?? null);
  return {
    exists: true,
    terminal: TERMINAL.includes(tx.state),
    quarantined: tx.state === 'QUARANTINED',
    cells,
    attempts: tx.attempts.length,
    outcome: outcomeOf(tx),
    saga: currentAttempt(tx).mode === 'saga',
    tombstone: tx.branches.length === 0,
    state: tx.state,
    first: tx.branches.map(
      ({ id }) => tx.results.find(({ attempt, branch }) => attempt === 1 && branch === id)?.state ?? null,
    ),
    fault: imageFault(tx),
  };
}

const NOTHING: ImageFacts = {
  exists: false,
  terminal: false,
  quarantined: false,
  cells: [null, null],
  attempts: 0,
  outcome: null,
  saga: false,
  tombstone: false,
  state: '(no row)',
  first: [],
  fault: null,
};

function imageFault(tx: Transaction): string | null {
  const [first, second] = tx.attempts;
  if (tx.attempts.length > 2) return 'R9 a third attempt';
  if (second && first?.decision !== 'ABORT') return 'R1 attempt 2 without a durable ABORT of attempt 1';
  if (second && (first?.mode !== '2pc' || second.mode !== 'saga'))
    return 'R9 a fallback from or to the wrong mode';
  if (second && second.decision === null && outcomeOf(tx) !== null) return 'R7 an outcome between attempts';
  if (TERMINAL.includes(tx.state) && currentAttempt(tx).decision === null) return 'an end without a decision';
  return null;
}

/** G2, R1, R2, R8 and the table of legal moves, of one write. Computed from images and event, not by asking `step`. */
export function writeFault(before: Drive, event: ProtocolEvent, change: Change): string | null {
  const { tx } = before;
  const { next } = change;
  const changed = tx.attempts.find(
    (one) => one.decision !== null && one.decision !== attemptOf(next, one.attempt)?.decision,
  );
  if (changed) return `G2 the cell of attempt ${changed.attempt} changed`;
  const told = outcomeOf(tx);
  if (told !== null && outcomeOf(next) !== told) return `G2 the outcome ${told} changed`;
  if (!legal(tx.state, next.state)) return `illegal move ${tx.state} → ${next.state}`;
  if (change.expectedVersion !== tx.version || next.version !== tx.version + 1)
    return 'a write without its precondition';
  if (next.attempts.length === tx.attempts.length) return null;
  if (change.decide?.decision !== 'ABORT' || attemptOf(tx, tx.attempt)?.decision)
    return 'R2 attempt 2 not in the write of ABORT';
  if (event.type === 'force-abort') return 'R8 a fallback by order';
  const refused = event.type === 'vote' && !(event.code !== null && FALLBACK_CODES.includes(event.code));
  return refused ? 'R8 a fallback after a business NO' : null;
}
