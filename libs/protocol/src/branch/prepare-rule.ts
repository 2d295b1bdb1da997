import type { Json } from '../transaction.js';
import { Decision, NoCode, Vote } from '../vocabulary.js';
import type { SeenBranch, SeenRow } from './evidence.js';
import { BranchRowState as S } from './states.js';
import { plainNo, readStoredNo } from './stored-no.js';
import type { No } from './stored-no.js';

/**
 * What PREPARE asks of its receiver (protocol.md §5).
 *  work: do it, then vote.   expire: the budget is spent; plant a tombstone, then NO(EXPIRED).
 *  vote, no, ack: repeat what was already said.   heuristic: an operator ended this branch.
 */
export type PrepareRule =
  | { readonly do: 'work' }
  | { readonly do: 'expire' }
  | { readonly do: 'vote'; readonly vote: typeof Vote.Yes | typeof Vote.ReadOnly; readonly output: Json }
  | { readonly do: 'no'; readonly no: No }
  | { readonly do: 'ack'; readonly state: 'COMMITTED'; readonly output: Json }
  | { readonly do: 'heuristic'; readonly taken: Decision };

/** In this order: fence and tombstone, row or gid, budget, work. */
export function prepareRule(seen: SeenBranch, budgetSpent: boolean): PrepareRule {
  // TLA+: PrepareYes, PrepareReadOnly, PrepareExpired; Revote for what is stored
  if (seen.maxAttempt > seen.attempt)
    return { do: 'no', no: plainNo(NoCode.Fenced, `fenced to attempt ${seen.maxAttempt}`) };
  if (seen.row) return repeat(seen.row);
  if (seen.gid) return { do: 'vote', vote: Vote.Yes, output: null };
  return budgetSpent ? { do: 'expire' } : { do: 'work' };
}

function repeat(row: SeenRow): PrepareRule {
  switch (row.state) {
    case S.Prepared:
      return { do: 'vote', vote: Vote.Yes, output: row.output };
    case S.ReadOnly:
      return { do: 'vote', vote: Vote.ReadOnly, output: row.output };
    case S.Committed:
      return { do: 'ack', state: 'COMMITTED', output: row.output };
    case S.Aborted:
      return { do: 'no', no: readStoredNo(row.error) };
    case S.HeurCommitted:
      return { do: 'heuristic', taken: Decision.Commit };
    case S.HeurAborted:
      return { do: 'heuristic', taken: Decision.Abort };
    default:
      // LOST, or a saga's row of the same attempt: this branch can never be prepared.
      return { do: 'no', no: plainNo(NoCode.Fenced, `the branch is ${row.state} here`) };
  }
}
