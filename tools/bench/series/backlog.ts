import process from 'node:process';

import { v7 as uuidv7 } from 'uuid';

import type { Bank } from '../concordat/banks.js';
import type { Installation } from '../concordat/installation.js';
import { startLoad } from '../concordat/start-load.js';
import type { Contender, Workload } from '../contenders/contender.js';
import type { LoadResult, OnEdge } from '../load/closed-loop.js';
import { latencyOf } from '../load/quantiles.js';
import type { Options } from '../options.js';
import { until } from '../patience.js';
import type { Worker } from '../processes/worker.js';
import { runSql, type Site } from '../site.js';
import type { Series } from './series.js';
import { startTcc, tccTransfer } from './tcc.js';

const SIZES = [100, 1_000, 10_000, 100_000];
/** Safely below what a coordinator holds at once; a larger backlog needs more of them. */
const BACKLOG_OF_ONE = 15_000;
const ACCEPTING_IN_FLIGHT = 64;
/** Nobody's budget may end while the backlog grows. */
const TIMEOUT_MS = 3_600_000;
/** The longest a drain may take. */
const PATIENCE_MS = 900_000;

const PREPARED = `SELECT count(*)::int AS prepared FROM concordat.branch WHERE state = 'PREPARED' AND gtx < $1::uuid`;

async function preparedAt({ databaseUrl }: Bank, before: string): Promise<number> {
  const [counted] = await runSql<{ prepared: number }>(databaseUrl, PREPARED, [before]);
  return counted?.prepared ?? 0;
}

/** One size of backlog: traffic before, the drain, and traffic during the drain. */
class Backlog {
  private during: LoadResult | undefined;

  constructor(
    private readonly installation: Installation,
    private readonly second: Worker,
    private readonly size: number,
  ) {}

  get contenders(): Contender[] {
    const ours = this.installation.contender(tccTransfer());
    return [
      { ...ours, name: 'new traffic before' },
      { ...ours, name: 'drain', drive: (workload, onEdge) => this.drain(workload, onEdge) },
      { ...ours, name: 'new traffic meanwhile', drive: (_, onEdge) => this.meanwhile(onEdge) },
    ];
  }

  /** What the new traffic of the drain was; it is over by now. */
  private async meanwhile(onEdge: OnEdge): Promise<LoadResult> {
    onEdge('begin');
    onEdge('end');
    return this.during ?? { seconds: 1, endings: NOTHING, latency: latencyOf([]) };
  }

  private async drain(workload: Workload, onEdge: OnEdge): Promise<LoadResult> {
    const boundary = await this.pileUp(workload);
    await this.installation.restartCoordinators();
    onEdge('begin');
    const startMs = performance.now();
    const endless = { ...workload, warmupMs: 0, measureMs: PATIENCE_MS };
    const traffic = this.installation.drive(tccTransfer(), endless, () => undefined);
    await until('the backlog to be drained', async () => (await this.left(boundary)) === 0, PATIENCE_MS);
    const seconds = (performance.now() - startMs) / 1000;
    onEdge('end');
    await this.installation.enough();
    this.during = await traffic;
    return { seconds, endings: { ...NOTHING, committed: this.size }, latency: latencyOf([seconds * 1000]) };
  }

  /** Prepared at both banks, votes lost with the coordinators: everybody is in doubt. Returns an id above all of theirs. */
  private async pileUp(workload: Workload): Promise<string> {
    const [first, last] = [this.installation.bank('bank_1'), this.installation.bank('bank_2')];
    process.kill(last.worker.pid, 'SIGSTOP');
    await this.installation.accept(this.second, {
      ...{ ...tccTransfer(), ...workload, timeoutMs: TIMEOUT_MS },
      ...{ inFlight: ACCEPTING_IN_FLIGHT, count: this.size },
    });
    const boundary = uuidv7();
    const prepared = (bank: Bank) => async (): Promise<boolean> =>
      (await preparedAt(bank, boundary)) === this.size;
    await until('the first bank to have prepared all', prepared(first), PATIENCE_MS);
    await this.installation.killCoordinators();
    process.kill(last.worker.pid, 'SIGCONT');
    await until('the second bank to have prepared all', prepared(last), PATIENCE_MS);
    return boundary;
  }

  private async left(boundary: string): Promise<number> {
    const counts = await Promise.all(this.installation.banks.map((bank) => preparedAt(bank, boundary)));
    return counts.reduce((sum, count) => sum + count, 0);
  }
}

const NOTHING = { committed: 0, aborted: 0, overloaded: 0, late: 0 };

/** Ever more transactions in doubt at both banks, drained by coordinators that come back while new traffic goes on. */
export async function backlog(site: Site, options: Options): Promise<Series> {
  const sizes = options.steps ?? SIZES;
  const coordinators = Math.max(options.coordinators, Math.ceil(Math.max(...sizes) / BACKLOG_OF_ONE));
  const installation = await startTcc(site, options, 2, { coordinators });
  const second = await startLoad(site, 'load-backlog');
  return {
    xLabel: 'in doubt',
    oneWay: false,
    steps: sizes.map((size) => ({
      x: size,
      contenders: new Backlog(installation, second, size).contenders,
    })),
    stop: async () => {
      await second.stop();
      await installation.stop();
    },
  };
}
