import { faultOf } from '../desk/fault.js';
import type { Desk } from '../desk/desk.js';
import type { Answer, Work } from '../desk/work.js';

/**
 * How one kind of command is done. `asOne` throws when anything in the batch fails, and then nothing of it happened; `alone` throws
 * only when the database does not answer. A bad branch never fails its neighbours: who splits a batch is `desk/jobs.ts`.
 */
export interface Executor<W extends Work> {
  asOne(desk: Desk, works: readonly W[]): Promise<readonly Answer[]>;
  alone(desk: Desk, work: W): Promise<Answer>;
}

/** Logs why a branch is left unanswered: the coordinator asks again, with back-off, for ever. */
export function logUnfinished(desk: Desk, work: Work, error: unknown): void {
  const { kind, message } = faultOf(error);
  desk.log.error(
    { ...work.key, command: work.command.type, kind, message },
    'a branch could not be finished and will be asked for again',
  );
}
