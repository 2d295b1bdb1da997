import { createConcordatClient } from '#client';
import type { ConcordatClient, TransactionOutcome } from '#client';
import { DEFAULT_OPTIONS, DeadParticipants, Engine, Ticker } from '#coordination';
import type { EngineDeps, ParticipantDatabase } from '#coordination';
import { noFaultPoints } from '#observability';
import { createOutsideFinisher, createParticipant } from '#participant';
import { MemoryBranchStore, MemoryLedgerAdmin } from '#persistence';
import { topicPolicies } from '#wire';
import { addOperation } from './operations.js';
import { SimProcess } from './process.js';
import type { ParticipantShape } from './shape.js';
import { INITIATOR, TOPICS, type Site } from './site.js';

const START_AGAIN_MS = 200;
const SKEW_MS = 3_600_000;

/** A named process of the installation over its lives. */
export abstract class SimNode {
  process: SimProcess;
  /** Lives so far. */
  lives = 0;

  constructor(
    readonly name: string,
    protected readonly site: Site,
  ) {
    this.process = new SimProcess(name, site.scheduler);
    this.process.kill();
  }

  /** Starts it unless it runs. */
  boot(): void {
    if (!this.process.isDead) return;
    this.lives += 1;
    const skewMs = this.site.shape.faults.has('skew') ? (this.site.dice.next() * 2 - 1) * SKEW_MS : 0;
    this.process = new SimProcess(this.name, this.site.scheduler, Math.round(skewMs));
    this.run(this.process);
  }

  protected abstract run(process: SimProcess): void;

  /** What a supervisor does after SIGCONT when the broker's session had run out. */
  abstract rejoin(): Promise<void>;

  protected common(process: SimProcess) {
    const { site } = this;
    return {
      clock: process.clock,
      random: site.random(site.dice.fork()),
      log: site.tally.log(this.name, () => site.at()),
      metrics: site.tally.metrics,
      faults: noFaultPoints,
    };
  }
}

export class EngineNode extends SimNode {
  engine: Engine | null = null;
  private bus: ReturnType<Site['bus']> | null = null;

  constructor(
    name: string,
    site: Site,
    readonly role: 'coordinator' | 'watchdog',
  ) {
    super(name, site);
  }

  protected run(process: SimProcess): void {
    const { site } = this;
    // Some installations name a process anew at each start, some keep the name.
    const instanceId = site.dice.chance(0.5) ? this.name : `${this.name}-${this.lives}`;
    this.bus = site.bus(process);
    const deps: EngineDeps = {
      ...this.common(process),
      ledger: site.ledger(process, instanceId),
      bus: this.bus,
      topics: TOPICS,
    };
    const engine = new Engine(deps, { instanceId, role: this.role, url: null }, DEFAULT_OPTIONS);
    this.engine = null;
    void this.start(process, deps, engine);
  }

  rejoin(): Promise<void> {
    return this.bus?.rejoin() ?? Promise.resolve();
  }

  /** As the apps do: tried again until ledger and broker are there. */
  private async start(process: SimProcess, deps: EngineDeps, engine: Engine): Promise<void> {
    for (;;) {
      try {
        await deps.bus.ensureTopics(
          topicPolicies(TOPICS, { partitions: this.site.shape.partitions, replication: 1 }),
        );
        await engine.start();
        break;
      } catch (error) {
        deps.log.warn({ err: error }, 'an engine could not start yet');
        await process.sleep(START_AGAIN_MS);
      }
    }
    this.engine = engine;
    if (this.role === 'watchdog' && this.site.shape.databasesGiven)
      this.watchDatabases(process, deps, engine);
  }

  private watchDatabases(process: SimProcess, deps: EngineDeps, engine: Engine): void {
    const admin = new MemoryLedgerAdmin(this.site.ledgerStore, this.site.scheduler.clock);
    const databases = this.site.shape.participants
      .filter(({ style }) => style === 'xa')
      .map(({ name }) => this.databaseOf(name, process, deps));
    const hooks = { submit: engine.submit.bind(engine) };
    const unresolved = async (participant: string, limit: number) =>
      (await admin.unresolved({ olderThanMs: 0, participant }, { limit, cursor: null })).items;
    const dead = new DeadParticipants(deps, DEFAULT_OPTIONS, engine.registry, databases, hooks, unresolved);
    new Ticker(process.clock, deps.log, {
      name: 'dead participants',
      delayMs: () => DEFAULT_OPTIONS.scanIntervalMs,
      run: () => dead.sweep(),
    }).start();
  }

  private databaseOf(participant: string, process: SimProcess, deps: EngineDeps): ParticipantDatabase {
    const { site } = this;
    const store = storeOf(site, participant, process);
    const finisher = createOutsideFinisher({ participant, store, ...deps });
    return {
      participant,
      preparedGids: () => store.preparedGids(),
      finish: async (key, decision) => {
        try {
          return await finisher.finish(key, decision, (await deps.ledger.state()).epoch);
        } catch (error) {
          deps.log.warn({ err: error, ...key }, 'branch could not be ended yet');
          return null;
        }
      },
      ping: () => store.ping(),
    };
  }
}

export class ParticipantNode extends SimNode {
  private bus: ReturnType<Site['bus']> | null = null;

  constructor(
    name: string,
    site: Site,
    readonly shape: ParticipantShape,
  ) {
    super(name, site);
  }

  protected run(process: SimProcess): void {
    const { site, shape } = this;
    const failures = site.dice.fork();
    const operation = addOperation(shape.style, {
      handlers: shape.handlers,
      strict: shape.strict,
      moment: () => site.moment(),
      fails: () => failures.chance(site.network.weather.handlerFault),
    });
    this.bus = site.bus(process);
    const runtime = createParticipant({
      ...this.common(process),
      name: shape.name,
      operations: [operation],
      store: storeOf(site, shape.name, process),
      bus: this.bus,
      instance: this.name,
      concurrency: site.shape.connections,
      createTopics: { partitions: site.shape.partitions, replication: 1 },
    });
    void runtime.start();
  }

  rejoin(): Promise<void> {
    return this.bus?.rejoin() ?? Promise.resolve();
  }
}

/** A process of the application that submits through its outbox. */
export class InitiatorNode extends SimNode {
  client: ConcordatClient | null = null;
  private bus: ReturnType<Site['bus']> | null = null;

  constructor(
    name: string,
    site: Site,
    private readonly heard: (outcome: TransactionOutcome) => void,
  ) {
    super(name, site);
  }

  protected run(process: SimProcess): void {
    const { site } = this;
    this.bus = site.bus(process);
    const client = createConcordatClient({
      ...this.common(process),
      initiator: INITIATOR,
      bus: this.bus,
      outboxStore: site.outbox(process),
      partitions: site.shape.partitions,
    });
    const failures = site.dice.fork();
    client.onOutcome(async (outcomes) => {
      if (failures.chance(site.network.weather.handlerFault))
        throw new Error('simulated: the handler failed');
      for (const outcome of outcomes) this.heard(outcome);
    });
    client.start();
    this.client = client;
  }

  rejoin(): Promise<void> {
    return this.bus?.rejoin() ?? Promise.resolve();
  }
}

function storeOf(site: Site, participant: string, process: SimProcess): MemoryBranchStore {
  const store = new MemoryBranchStore({
    server: site.server(participant),
    database: participant,
    participant,
    hook: site.storeHook(process),
  });
  process.whenDead(() => store.crash());
  return store;
}
