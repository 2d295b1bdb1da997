import { DEFAULT_OPTIONS, Engine } from '#coordination';
import type { EngineOptions, Submission } from '#coordination';
import { createEmbeddedBroker } from '#messaging';
import { noFaultPoints, noMetrics, silentLog, systemClock, systemRandom } from '#observability';
import type { Log } from '#observability';
import { createParticipant } from '#participant';
import type { OperationDefinition, ParticipantRuntime } from '#participant';
import {
  MemoryBranchStore,
  MemoryLedger,
  MemoryLedgerAdmin,
  MemoryLedgerStore,
  MemoryServer,
  readBusiness,
} from '#persistence';
import type { LedgerGate, ServerWatcher, StoredTransaction } from '#persistence';
import { beginRequestSchema, encodeReply, topicNames, topicPolicies } from '#wire';
import type { BeginRequestInput, ReplyMessage } from '#wire';

const PARTITIONS = 6;
const TOPICS = topicNames('concordat');

import { Life, NEVER } from './life.js';

const open: LedgerGate = async (_verb, run) => run();

export interface WorldOptions {
  readonly engine?: Partial<EngineOptions>;
  /** Stands before every ledger call of every engine: faults of the database. */
  readonly gate?: LedgerGate;
  readonly log?: Log;
  /** Hears of every durable change at the participants. */
  readonly watcher?: ServerWatcher;
}

/**
 * A whole Concordat in one process: embedded broker, memory ledger, real engines and real participants over memory stores.
 * The parts that outlive a process (ledger store, participants' servers, broker) outlive its `crash` here, too.
 */
export class World {
  readonly broker = createEmbeddedBroker();
  readonly ledgerStore = new MemoryLedgerStore();
  readonly admin = new MemoryLedgerAdmin(this.ledgerStore, systemClock);
  readonly server: MemoryServer;
  private readonly engines = new Map<string, Engine>();
  private readonly lives = new Map<string, Life>();
  private readonly runtimes = new Map<string, ParticipantRuntime>();

  constructor(private readonly options: WorldOptions = {}) {
    const { watcher } = options;
    this.server = new MemoryServer({ clock: systemClock, ...(watcher && { watcher }) });
  }

  async engine(instanceId: string, role: 'coordinator' | 'watchdog' = 'coordinator'): Promise<Engine> {
    const { gate = open, log = silentLog } = this.options;
    const life = new Life(this.broker.connect(instanceId));
    await life.bus.ensureTopics(topicPolicies(TOPICS, { partitions: PARTITIONS, replication: 1 }));
    const mortal: LedgerGate = (verb, run) => (life.dead ? NEVER : gate(verb, run));
    const ledger = new MemoryLedger({
      store: this.ledgerStore,
      clock: systemClock,
      instanceId,
      gate: mortal,
    });
    const deps = {
      ledger,
      bus: life.bus,
      topics: TOPICS,
      clock: systemClock,
      random: systemRandom,
      log,
      metrics: noMetrics,
      faults: noFaultPoints,
    };
    const engine = new Engine(
      deps,
      { instanceId, role, url: null },
      { ...DEFAULT_OPTIONS, ...this.options.engine },
    );
    await engine.start();
    this.engines.set(instanceId, engine);
    this.lives.set(instanceId, life);
    return engine;
  }

  /** kill -9 of an engine: whatever it does from now on reaches nobody, and it hears nothing. */
  crash(instanceId: string): void {
    this.lives.get(instanceId)?.crash();
    this.engines.delete(instanceId);
  }

  async participant(name: string, operations: readonly OperationDefinition[]): Promise<ParticipantRuntime> {
    const store = new MemoryBranchStore({
      server: this.server,
      database: name,
      participant: name,
      lockTimeoutMs: 200,
    });
    const runtime = createParticipant({
      name,
      operations,
      store,
      bus: this.broker.connect(name),
      instance: `${name}-1`,
      createTopics: { partitions: PARTITIONS, replication: 1 },
      inquireAfterMs: 300,
      helloEveryMs: 200,
      ...(this.options.log && { log: this.options.log }),
    });
    await runtime.start();
    this.runtimes.set(name, runtime);
    return runtime;
  }

  /** Resolves when the ledger knows these participants: their HELLO went through the replies topic. */
  async registered(...names: readonly string[]): Promise<void> {
    const known = new MemoryLedger({ store: this.ledgerStore, clock: systemClock, instanceId: 'reader' });
    const missing = async (): Promise<boolean> => {
      const records = await known.participants();
      return names.some((name) => !records.some((record) => record.name === name));
    };
    while (await missing()) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Business data of a participant, as everybody sees it. */
  business(participant: string, key: string): unknown {
    return readBusiness(this.server.database(participant), key);
  }

  /** Puts replies on the topic, all in one partition, as a participant would. */
  async publishReplies(...replies: readonly ReplyMessage[]): Promise<void> {
    const bus = this.broker.connect('test');
    await bus.publish(
      replies.map((reply) => ({ topic: TOPICS.replies, partition: 0, ...encodeReply(reply) })),
    );
  }

  /** Resolves when the engines have recorded every reply. */
  async repliesRead(): Promise<void> {
    const bus = this.broker.connect('test');
    while ((await bus.lag(`${TOPICS.replies}.drivers`, TOPICS.replies)) > 0)
      await new Promise((resolve) => setImmediate(resolve));
  }

  /** gids that a participant's database holds prepared. */
  async preparedGids(participant: string): Promise<readonly string[]> {
    const store = new MemoryBranchStore({ server: this.server, database: participant, participant });
    return (await store.preparedGids()).map(({ gid }) => gid);
  }

  async stored(gtx: string): Promise<StoredTransaction | undefined> {
    const ledger = new MemoryLedger({ store: this.ledgerStore, clock: systemClock, instanceId: 'reader' });
    return (await ledger.load([gtx]))[0];
  }

  async close(): Promise<void> {
    for (const runtime of this.runtimes.values()) await runtime.stop();
    for (const engine of this.engines.values()) await engine.stop(0);
  }
}

/** A submission with the defaults of the wire, as HTTP would make it. */
export function submission(request: BeginRequestInput): Submission {
  return {
    request: beginRequestSchema.parse(request),
    idempotencyKey: null,
    initiator: null,
    traceparent: null,
  };
}
