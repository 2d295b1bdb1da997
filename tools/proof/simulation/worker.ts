/** A child process: simulates the seeds it is sent, one after the other, and tells each result. */
import { runSeed } from './batch.js';

export interface Order {
  readonly seed: number;
  readonly transactions: number;
}

process.on('message', ({ seed, transactions }: Order) => {
  void runSeed(seed, transactions).then(
    (result) => process.send?.(result),
    (error: unknown) =>
      process.send?.({
        seed,
        transactions: 0,
        violations: [String(error)],
        endedInMs: 0,
        heardInMs: 0,
        simulatedMs: 0,
        counts: [],
      }),
  );
});
