import { faultOf, faultOfBranch } from '../desk/fault.js';
import type { Desk } from '../desk/desk.js';
import type { Answer, Work } from '../desk/work.js';

/**
 * Tries a batch as one; when anything in it fails, nothing of it happened, and it runs again one by one, so that a bad branch
 * never fails its neighbours. Throws only when the database does not answer.
 */
export async function asOneOrOneByOne<W extends Work>(
  desk: Desk,
  works: readonly W[],
  asOne: (works: readonly W[]) => Promise<readonly Answer[]>,
  single: (work: W) => Promise<Answer>,
): Promise<readonly Answer[]> {
  if (works.length > 1) {
    try {
      return await asOne(works);
    } catch (error) {
      const { kind, message } = await faultOfBranch(desk, error);
      desk.log.warn({ kind, message, branches: works.length }, 'a batch failed and is split');
    }
  }
  const answers: Answer[] = [];
  for (const work of works) answers.push(await single(work));
  return answers;
}

/** Logs why a branch is left unanswered: the coordinator asks again, with back-off, for ever. */
export function logUnfinished(desk: Desk, work: Work, error: unknown): void {
  const { kind, message } = faultOf(error);
  desk.log.error(
    { ...work.key, command: work.command.type, kind, message },
    'a branch could not be finished and will be asked for again',
  );
}
