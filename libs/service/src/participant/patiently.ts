import { backoffMs } from '#protocol';
import { unavailableProblem } from '../http/operating-errors.js';
import type { AppObservability } from '../observability.js';

/** Does `work` again, after a capped backoff, while the database or the broker is away. Throws everything else at once. */
export async function patiently<T>(
  what: string,
  work: () => Promise<T>,
  { log, random }: Pick<AppObservability, 'log' | 'random'>,
): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (unavailableProblem(error) === null) throw error;
      const retryMs = backoffMs(tries, random.next());
      log.warn({ err: error, what, retryMs }, 'waits for the database');
      // Nothing else keeps the process alive yet: a timer of the clock port would not.
      await new Promise((resolve) => void setTimeout(resolve, retryMs));
    }
  }
}
