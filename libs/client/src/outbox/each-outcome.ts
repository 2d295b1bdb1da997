import type { Log } from '#observability';
import type { OutcomeHandler, TransactionOutcome } from './outcome.js';

const CONCURRENCY = 16;

/** A handler for single outcomes as one for many: those that fail come again alone, the others are done. */
export function eachOutcome(
  handler: (outcome: TransactionOutcome) => Promise<void> | void,
  log: Log,
): OutcomeHandler {
  return async (outcomes) => {
    const failed: string[] = [];
    const queue = [...outcomes];
    const work = async (): Promise<void> => {
      for (let outcome = queue.shift(); outcome !== undefined; outcome = queue.shift()) {
        try {
          await handler(outcome);
        } catch (error) {
          log.warn({ err: error, gtx: outcome.gtx }, 'an outcome handler failed; it is called again');
          failed.push(outcome.gtx);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(CONCURRENCY, outcomes.length) }, work));
    return failed;
  };
}
