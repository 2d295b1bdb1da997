import type { AppProcess } from '#stack';
import type { Contender, Workload } from '../contenders/contender.js';
import type { Edge, LoadResult, OnEdge } from '../load/closed-loop.js';
import { Worker } from '../processes/worker.js';
import { until } from '../patience.js';
import type { Site } from '../site.js';
import { pendingOf, startBank, totalOf, type Bank } from './banks.js';
import { startCoordinator } from './coordinators.js';
import type { HttpDrive } from './load-process.js';
import { type BankStyle } from './operations.js';
import type { TransferRequest } from './transfer-request.js';

export const TOPIC_PREFIX = 'bench';
const LEDGER = 'concordat';

export interface InstallationOptions {
  readonly coordinators: number;
  readonly partitions: number;
  /** Participants by name. */
  readonly banks: Readonly<Record<string, BankStyle>>;
}

/** A way to submit transfers to the installation. */
export interface Submission extends TransferRequest {
  readonly name: string;
  readonly wait: HttpDrive['wait'];
}

/** Real coordinators, participants of the bench and a load process, each a process of its own. */
export class Installation {
  private constructor(
    readonly coordinators: readonly AppProcess[],
    readonly banks: readonly Bank[],
    private readonly load: Worker,
    private readonly openingTotal: bigint,
  ) {}

  static async start(
    site: Site,
    { coordinators, partitions, banks }: InstallationOptions,
  ): Promise<Installation> {
    const databaseUrl = await site.database(LEDGER);
    const plan = { topicPrefix: TOPIC_PREFIX, databaseUrl, partitions };
    const apps: AppProcess[] = [];
    for (let index = 1; index <= coordinators; index += 1) {
      apps.push(await startCoordinator(site, `coordinator-${index}`, plan));
    }
    for (const app of apps)
      void app.exited.then(() => site.onDeath(new Error(`${app.name} ended; see its log`)));
    const { brokers } = site.kafka;
    const bankPlan = {
      brokers,
      topicPrefix: TOPIC_PREFIX,
      partitions,
      coordinatorUrls: apps.map(({ url }) => url),
    };
    const started: Bank[] = [];
    for (const [name, style] of Object.entries(banks))
      started.push(await startBank(site, name, style, bankPlan));
    const { logDir, profileDir, onDeath } = site;
    const load = await Worker.start({
      name: 'load',
      program: 'concordat/load-process.js',
      logDir,
      profileDir,
      onDeath,
    });
    return new Installation(apps, started, load, await totalOf(started));
  }

  /** What is submitted this way, to be measured beside others. */
  contender(submission: Submission): Contender {
    const taking = this.banks.filter(({ name }) => submission.participants.includes(name));
    return {
      name: submission.name,
      topicPrefix: `${TOPIC_PREFIX}.`,
      databases: [LEDGER, ...taking.map(({ name }) => name)],
      pids: {
        coordinator: this.coordinators.map(({ pid }) => pid),
        participants: taking.map(({ worker }) => worker.pid),
        load: [this.load.pid],
      },
      drive: (workload, onEdge) => this.drive(submission, workload, onEdge),
      check: () => this.assertMoneyIsThere(),
      stop: () => Promise.resolve(),
    };
  }

  drive(submission: Submission, workload: Workload, onEdge: OnEdge): Promise<LoadResult> {
    const order: HttpDrive = { ...submission, ...workload, ports: this.coordinators.map(({ port }) => port) };
    return this.load.call<LoadResult, Edge>('drive', order, onEdge);
  }

  /** Every transfer keeps the sum: nothing pending, nothing lost, nothing twice on one side only. */
  async assertMoneyIsThere(): Promise<void> {
    await until(
      `every transfer to be applied and the balances to add up to ${this.openingTotal}`,
      async () => (await pendingOf(this.banks)) === 0 && (await totalOf(this.banks)) === this.openingTotal,
    );
  }

  async stop(): Promise<void> {
    await this.load.stop();
    await Promise.all(this.coordinators.map((app) => app.stop()));
    await Promise.all(this.banks.map(({ worker }) => worker.stop()));
  }
}
