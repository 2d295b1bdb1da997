import process from 'node:process';

import type { Submission } from '../concordat/installation.js';
import type { Contender } from '../contenders/contender.js';
import type { Options } from '../options.js';
import type { Site } from '../site.js';
import type { Series } from './series.js';
import { startLoad } from '../concordat/start-load.js';
import { banks, startTcc, tccTransfer } from './tcc.js';

/** Transactions in flight that need the sick participant. */
const SICK_IN_FLIGHT = 16;
const SICK = 'bank_3';
/** Each of the sick participant's batches takes this much longer when it is slow. */
const SLOW_MS = 200;

/** Transactions of healthy participants alone, beside those of a slow one, and beside those of one that does not answer at all. */
export async function sickParticipant(site: Site, options: Options): Promise<Series> {
  const installation = await startTcc(site, options, 2, {
    banks: { bank_1: 'tcc', bank_2: 'tcc', [SICK]: 'tcc' },
  });
  const { worker } = installation.bank(SICK);
  const healthy = installation.contender({ ...tccTransfer(), participants: banks(2) });
  const background = await startLoad(site, 'load-sick');
  const beside = (name: string, fallIll: () => Promise<void>, recover: () => Promise<void>): Contender => ({
    ...healthy,
    name,
    drive: async (workload, onEdge) => {
      await fallIll();
      const submission: Submission = { ...tccTransfer(), wait: 'decided', participants: ['bank_1', SICK] };
      const { warmupMs, measureMs } = workload;
      const sick = { ...workload, inFlight: SICK_IN_FLIGHT, warmupMs: 0, measureMs: warmupMs + measureMs };
      const [result] = await Promise.all([
        healthy.drive(workload, onEdge),
        installation.drive(submission, sick, () => undefined, background).finally(recover),
      ]);
      return result;
    },
  });
  const slowDown = (delayMs: number) => (): Promise<void> => worker.call('slowDown', delayMs);
  const contenders = [
    { ...healthy, name: 'healthy alone' },
    beside('beside a slow one', slowDown(SLOW_MS), slowDown(0)),
    beside(
      'beside a dead one',
      () => signal(worker.pid, 'SIGSTOP'),
      () => signal(worker.pid, 'SIGCONT'),
    ),
  ];
  return {
    xLabel: 'in flight',
    oneWay: false,
    steps: options.inFlight.map((inFlight) => ({ x: inFlight, contenders, workload: { inFlight } })),
    stop: async () => {
      await background.stop();
      await installation.stop();
    },
  };
}

async function signal(pid: number, name: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
  process.kill(pid, name);
}
