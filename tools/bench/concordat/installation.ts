import type { Contender, Workload } from '../contenders/contender.js';
import type { Edge, LoadResult, OnEdge } from '../load/closed-loop.js';
import type { Worker } from '../processes/worker.js';
import { until } from '../patience.js';
import type { Site } from '../site.js';
import { pendingOf, startBank, totalOf, type Bank } from './banks.js';
import { Coordinator, type CoordinatorPlan } from './coordinator.js';
import type { AcceptOrder, HttpDrive } from './load-process.js';
import { type BankStyle } from './operations.js';
import { startLoad } from './start-load.js';
import type { TransferRequest } from './transfer-request.js';

const TOPIC_PREFIX = 'bench';
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
  readonly topicPrefix = TOPIC_PREFIX;

  private constructor(
    private readonly site: Site,
    private readonly plan: CoordinatorPlan,
    private readonly apps: Coordinator[],
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
    const apps: Coordinator[] = [];
    for (let index = 1; index <= coordinators; index += 1) {
      apps.push(await Coordinator.start(site, `coordinator-${index}`, plan));
    }
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
    const load = await startLoad(site, 'load');
    return new Installation(site, plan, apps, started, load, await totalOf(started));
  }

  get ledgerUrl(): string {
    return this.plan.databaseUrl;
  }

  /** A crash of every coordinator at once. */
  async killCoordinators(): Promise<void> {
    await Promise.all(this.apps.map((app) => app.kill()));
  }

  async restartCoordinators(): Promise<void> {
    await Promise.all(this.apps.map((app) => app.restart()));
  }

  /** Starts further coordinators until there are `count`. */
  async growTo(count: number): Promise<void> {
    while (this.apps.length < count) {
      this.apps.push(await Coordinator.start(this.site, `coordinator-${this.apps.length + 1}`, this.plan));
    }
  }

  /** What is submitted this way, to be measured beside others. */
  contender(submission: Submission): Contender {
    const taking = this.banks.filter(({ name }) => submission.participants.includes(name));
    return {
      name: submission.name,
      topicPrefix: `${TOPIC_PREFIX}.`,
      databases: [LEDGER, ...taking.map(({ name }) => name)],
      pids: () => ({
        coordinator: this.apps.map(({ pid }) => pid),
        participants: taking.map(({ worker }) => worker.pid),
        load: [this.load.pid],
      }),
      drive: (workload, onEdge) => this.drive(submission, workload, onEdge),
      check: () => this.assertMoneyIsThere(),
      stop: () => Promise.resolve(),
    };
  }

  /** `load`: who submits; default the installation's own. */
  drive(submission: Submission, workload: Workload, onEdge: OnEdge, load = this.load): Promise<LoadResult> {
    const order: HttpDrive = { ...submission, ...workload, ports: this.apps.map(({ port }) => port) };
    return load.call<LoadResult, Edge>('drive', order, onEdge);
  }

  /** Submits `count` transfers and awaits no more than that they are accepted. */
  async accept(load: Worker, order: Omit<AcceptOrder, 'ports'>): Promise<void> {
    await load.call('accept', { ...order, ports: this.apps.map(({ port }) => port) } satisfies AcceptOrder);
  }

  /** Ends the window of the drive under way early. */
  async enough(): Promise<void> {
    await this.load.call('enough');
  }

  bank(name: string): Bank {
    const found = this.banks.find((bank) => bank.name === name);
    if (found === undefined) throw new Error(`there is no bank ${name}`);
    return found;
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
    await Promise.all(this.apps.map((app) => app.stop()));
    await Promise.all(this.banks.map(({ worker }) => worker.stop()));
  }
}
