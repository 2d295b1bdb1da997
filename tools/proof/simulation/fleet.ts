import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { SeedResult } from './batch.js';

export interface Voyage {
  readonly first: number;
  /** A seed. */
  readonly transactions: number;
  /** Default: one a core. */
  readonly lanes?: number;
  /** For the workers' Node: how a mutant is planted. */
  readonly execArgv?: readonly string[];
}

/**
 * V8 copies what survives its small default young generation again and again, and a history survives until its end; it is large from
 * the beginning, and so is the heap, which is else marked again at every step of its growth. There is a worker for each core: what V8
 * does on further threads only takes the time of another one. Errors are everyday events here, and writing down where each was made
 * is dear.
 */
const FAST = [
  '--min-semi-space-size=64',
  '--max-semi-space-size=64',
  '--initial-heap-size=3000',
  '--single-threaded',
  '--stack-trace-limit=0',
];
const WORKER = new URL('./worker.js', import.meta.url);

/**
 * Simulates seeds from `first` on, one worker a core, until `enough` says so. Every result goes to `told`.
 * Throws when a worker dies: a simulation that ends the process has found something.
 */
export async function sail(
  { first, transactions, lanes = availableParallelism(), execArgv = [] }: Voyage,
  told: (result: SeedResult) => void,
  enough: () => boolean,
): Promise<void> {
  let next = first;
  const workers = Array.from({ length: lanes }, () => fork(WORKER, { execArgv: [...FAST, ...execArgv] }));
  try {
    await Promise.all(
      workers.map((worker) => lane(worker, () => ({ seed: next++, transactions }), told, enough)),
    );
  } finally {
    for (const worker of workers) worker.kill('SIGKILL');
  }
}

async function lane(
  worker: ChildProcess,
  order: () => { seed: number; transactions: number },
  told: (result: SeedResult) => void,
  enough: () => boolean,
): Promise<void> {
  while (!enough()) {
    const sent = order();
    told(await answerOf(worker, sent));
  }
}

function answerOf(worker: ChildProcess, order: { seed: number; transactions: number }): Promise<SeedResult> {
  return new Promise((resolve, reject) => {
    const died = (code: number | null, signal: string | null): void =>
      reject(new Error(`the worker died with seed ${order.seed} (${signal ?? `exit code ${code}`})`));
    worker.once('exit', died);
    worker.once('message', (result) => {
      worker.off('exit', died);
      resolve(result as SeedResult);
    });
    worker.send(order);
  });
}
