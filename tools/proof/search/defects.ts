/**
 * Rules that the search can switch off, one at a time. Each must lead to a counterexample, or the search proves nothing.
 * They live in the search's own database and in wrappers around the real functions: the product has no such switches.
 */
import type { CommandMessage } from '#wire';

/** Broken in the participant: what its statements do. `in`: the commands that are broken. */
export const PARTICIPANT_DEFECTS = {
  'no-abort-tombstone': { in: ['ABORT'], why: 'ABORT of a branch without a row leaves nothing behind' },
  'unknown-branch-committed': {
    in: ['COMMIT'],
    why: 'COMMIT of a branch without a row is acknowledged as committed',
  },
  'action-raises-no-fence': { in: ['ACTION'], why: 'R3b: ACTION does not raise the fence' },
  'action-cancels-nothing': { in: ['ACTION'], why: 'R3a: ACTION does not cancel its own earlier attempt' },
  'no-planted-action-key': { in: ['COMPENSATE'], why: 'COMPENSATE before its ACTION plants nothing' },
  'duplicate-row-ignored': {
    in: ['PREPARE'],
    why: 'the row of a prepare is inserted ON CONFLICT DO NOTHING',
  },
  'fence-tested-once': { in: ['PREPARE'], why: 'the fence is tested only when the prepare begins' },
  'prepare-tag-unread': { in: ['PREPARE'], why: 'PREPARE TRANSACTION answered ROLLBACK, taken as prepared' },
} as const satisfies Record<string, { readonly in: readonly CommandMessage['type'][]; readonly why: string }>;

/** Broken in the coordinator: how events, votes and writes are dealt with. */
export const DRIVER_DEFECTS = {
  'votes-counted': 'votes are counted, not kept as a set by branch',
  'no-version-precondition': 'a driver writes over whatever the ledger holds',
  'send-before-persisting': 'R1: what follows from a write is sent although the write was refused',
  'absence-answers-abort': 'an inquiry is answered ABORT while nothing is written',
  'ends-before-all-acks': 'the transaction ends with the first acknowledgement',
  'fallback-after-business-no': 'R8: a business NO falls back to the saga',
  'compensations-unordered': 'all compensations are sent at once, not in reverse order',
  'decision-not-repeated': 'a driver that took over does not send the decision again',
} as const;

export type Defect = keyof typeof PARTICIPANT_DEFECTS;
export type DriverDefect = keyof typeof DRIVER_DEFECTS;

/** The defect, if this command is one of those it breaks. */
export function defectIn(defect: Defect | null, command: CommandMessage['type']): Defect | null {
  const broken: readonly string[] = defect ? PARTICIPANT_DEFECTS[defect].in : [];
  return broken.includes(command) ? defect : null;
}
