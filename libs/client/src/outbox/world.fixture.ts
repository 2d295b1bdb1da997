import { createEmbeddedBroker, type EmbeddedBroker, type IncomingRecord } from '#messaging';
import { noMetrics, RecordingLog, type Clock, type FaultPoint, type FaultPoints } from '#observability';
import { MemoryBranchStore, MemoryOutboxStore, MemoryServer, type OutboxStore } from '#persistence';
import { decodeRequest, encodeInitiator, topicNames, topicPolicies, type InitiatorMessage } from '#wire';
import { createConcordatClient, type ConcordatClient } from '../concordat-client.js';
import { countingRandom, ManualClock, settle } from '../manual-clock.fixture.js';
import type { OutboxOptions } from './outbox-deps.js';
import type { TransactionOutcome } from './outcome.js';

export const TOPICS = topicNames('concordat');
export const REQUEST = { branches: [{ id: 'a', participant: 'p', operation: 'o' }] };

interface Sent {
  readonly gtx: string;
  readonly atMs: number;
  readonly businessKey: string | undefined;
}

type Letter =
  | { readonly type: 'ACCEPTED' }
  | { readonly type: 'REJECTED'; readonly code: string; readonly detail: string }
  | { readonly type: 'OUTCOME'; readonly outcome: 'committed' | 'aborted'; readonly reason: string | null };

interface ProcessOptions {
  readonly faults?: FaultPoints;
  readonly outbox?: Partial<OutboxOptions>;
  /** It will hang somewhere, and its timers end with {@link OutboxWorld.kill}: nobody stops it in the end. */
  readonly dies?: boolean;
  /** Default: one that works. */
  readonly store?: OutboxStore;
}

/** Processes of one initiator over one database and one broker; the test plays the coordinator. */
export class OutboxWorld {
  readonly clock = new ManualClock();
  readonly random = countingRandom();
  readonly log = new RecordingLog();
  readonly broker: EmbeddedBroker = createEmbeddedBroker();
  readonly sent: Sent[] = [];
  private readonly server = new MemoryServer({ clock: this.clock });
  private readonly bus = this.broker.connect('coordinator');
  private readonly started: ConcordatClient[] = [];
  private made = 0;
  private killed = false;

  /** The broker with its topics, and a coordinator that only listens. */
  async open(): Promise<this> {
    const layout = { partitions: 3, replication: 1, initiators: ['shop'] };
    await this.bus.ensureTopics(topicPolicies(TOPICS, layout));
    const handler = async (batch: readonly IncomingRecord[]): Promise<void> => {
      for (const record of batch) this.hear(record);
    };
    await this.bus.subscribe({ topics: [TOPICS.requests], group: 'coordinator', from: 'earliest', handler });
    return this;
  }

  async close(): Promise<void> {
    await Promise.all(this.started.map((client) => client.stop()));
    await this.bus.close();
  }

  /** A process of the initiator; its relay runs after `start`. */
  process({ dies = false, store = this.store(), ...options }: ProcessOptions = {}): ConcordatClient {
    const { random, log, broker } = this;
    const clock = dies ? this.mortalClock() : this.clock;
    const client = createConcordatClient({
      ...{ initiator: 'shop', metrics: noMetrics, clock, random, log, ...options },
      bus: broker.connect(`shop-${this.made}`),
      outboxStore: store,
    });
    this.made += 1;
    if (!dies) this.started.push(client);
    return client;
  }

  /** A started process, and what its handler heard. */
  listening(shop: ConcordatClient = this.process()): {
    shop: ConcordatClient;
    heard: TransactionOutcome[];
  } {
    const heard: TransactionOutcome[] = [];
    shop.onOutcome(async (outcomes) => void heard.push(...outcomes));
    shop.start();
    return { shop, heard };
  }

  /** Those that die are dead from now on. */
  kill(): void {
    this.killed = true;
  }

  private mortalClock(): Clock {
    const { clock } = this;
    return {
      nowMs: () => clock.nowMs(),
      wallMs: () => clock.wallMs(),
      after: (delayMs, run) => clock.after(delayMs, () => void (this.killed || run())),
    };
  }

  store(): MemoryOutboxStore {
    return new MemoryOutboxStore({ server: this.server, database: 'shop' });
  }

  /** Enqueues in a local transaction of its own, and ends it. */
  async enqueue(
    client: ConcordatClient,
    options: { key?: string; businessKey?: string; rollback?: boolean } = {},
  ): Promise<string> {
    const { key, businessKey, rollback = false } = options;
    const transaction = await new MemoryBranchStore({
      server: this.server,
      database: 'shop',
      participant: 'shop',
    }).begin();
    const request = businessKey === undefined ? REQUEST : { ...REQUEST, businessKey };
    const gtx = await client.outbox.enqueue(transaction.client, request, key === undefined ? {} : { key });
    await (rollback ? transaction.rollback() : transaction.commit());
    await settle();
    return gtx;
  }

  /** The coordinator answers. */
  async say(gtx: string, letter: Letter, initiator = 'shop'): Promise<void> {
    const record = encodeInitiator({ ...letter, gtx, initiator } as InitiatorMessage);
    await this.bus.publish([{ topic: TOPICS.initiator('shop'), ...record }]);
    await settle();
  }

  /** How often a transaction was submitted. */
  sends(gtx: string): number {
    return this.sent.filter((one) => one.gtx === gtx).length;
  }

  private hear(record: IncomingRecord): void {
    const decoded = decodeRequest(record);
    if (!decoded.ok) throw new Error(`not a request: ${decoded.detail}`);
    const { gtx, request } = decoded.message;
    this.sent.push({ gtx, atMs: this.clock.nowMs(), businessKey: request.businessKey });
  }
}

/** Hangs at a fault point: what a process that died there does. */
export function diesAt(point: FaultPoint): FaultPoints {
  return {
    armed: point,
    reach: (name) => (name === point ? new Promise<void>(() => undefined) : undefined),
  };
}
