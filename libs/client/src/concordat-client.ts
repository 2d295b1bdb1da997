import type { TopicSpec } from '#messaging';
import { noFaultPoints, noMetrics, silentLog, systemClock, systemRandom, type Clock } from '#observability';
import { id, topicNames, topicPolicies } from '#wire';
import type { ClientOptions } from './client-options.js';
import { invalidRequest, notConfigured } from './errors.js';
import { CoordinatorHttp } from './http/coordinator-http.js';
import { fetchExchange } from './http/exchange.js';
import { HttpSubmission } from './http/http-submission.js';
import type { LetterDeps } from './kafka/initiator-letters.js';
import { KafkaSubmission } from './kafka/kafka-submission.js';
import { DEFAULT_OUTBOX_OPTIONS } from './outbox/outbox-deps.js';
import { OutboxRelay } from './outbox/outbox-relay.js';
import type { OutcomeHandler } from './outbox/outcome.js';
import { Pump } from './outbox/pump.js';
import { TransactionOutbox } from './outbox/transaction-outbox.js';
import { pause } from './pause.js';
import { TransactionClient } from './transaction-client.js';

/** The front door of one application. */
export interface ConcordatClient {
  readonly transactions: TransactionClient;
  /** Its verbs throw ConcordatError CONCORDAT_NOT_CONFIGURED when the client was made without a bus and an outbox store. */
  readonly outbox: TransactionOutbox;
  /** Hears how the transactions of the outbox ended. Register before `start`. */
  onOutcome(handler: OutcomeHandler): void;
  /** Begins to relay the outbox. Does not wait for the broker: it is tried until it is there (`isConnected`). */
  start(): void;
  /** Topics exist and the answers are being read. True at once where there is no outbox. */
  isConnected(): boolean;
  /** Waits for what is under way; nothing of the outbox is lost. Idempotent. */
  stop(): Promise<void>;
}

/** Makes a client; nothing runs before `start`, except what TransactionClient does when called. Throws for an impossible name. */
export function createConcordatClient(options: ClientOptions): ConcordatClient {
  const name = id.safeParse(options.initiator);
  if (!name.success)
    throw invalidRequest([{ pointer: '/initiator', detail: 'must match [A-Za-z0-9_-]{1,64}' }]);
  const tools = toolsOf(options);
  const transactions = new TransactionClient({
    http: httpOf(options, tools),
    kafka: kafkaOf(options, tools),
    clock: tools.clock,
    random: tools.random,
  });
  const store = options.bus ? (options.outboxStore ?? null) : null;
  const outbox = new TransactionOutbox(store, options.initiator, tools.random);
  return new Client(transactions, outbox, relayOf(options, tools), tools.clock);
}

type Tools = ReturnType<typeof toolsOf>;

function toolsOf(options: ClientOptions) {
  const random = options.random ?? systemRandom;
  return {
    random,
    clock: options.clock ?? systemClock,
    log: options.log ?? silentLog,
    metrics: options.metrics ?? noMetrics,
    faults: options.faults ?? noFaultPoints,
    topics: topicNames(options.topicPrefix ?? 'concordat'),
    initiator: options.initiator,
    instance: options.instance ?? `${options.initiator}-${random.uuidv7()}`,
  } satisfies Omit<LetterDeps, 'bus'> & Record<string, unknown>;
}

function httpOf(options: ClientOptions, { random, log, clock }: Tools): HttpSubmission | null {
  const { coordinatorUrls: urls = [], maxRounds, exchange = fetchExchange } = options;
  if (urls.length === 0) return null;
  const waiting = options.clock ?? wakeful(clock);
  const http = new CoordinatorHttp({ urls, maxRounds }, { exchange, clock: waiting, random, log });
  return new HttpSubmission(http, waiting, random);
}

function kafkaOf(options: ClientOptions, tools: Tools): KafkaSubmission | null {
  const { bus } = options;
  if (!bus) return null;
  return new KafkaSubmission({
    ...tools,
    bus,
    ensureTopics: () => bus.ensureTopics(topicsOf(options, tools)),
  });
}

/** A caller waits here: unlike the timers of background work, this one keeps the process alive. */
function wakeful(clock: Clock): Clock {
  return {
    nowMs: () => clock.nowMs(),
    wallMs: () => clock.wallMs(),
    after: (delayMs, run) => {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
  };
}

interface Relaying {
  readonly relay: OutboxRelay;
  /** Makes the topics and starts the relay; repeated until it succeeds. */
  readonly opener: Pump;
  isOpen: boolean;
}

const OPEN_FOR_GOOD_MS = 3_600_000;
/** A stop does not wait for longer for a broker that does not answer. */
const OPENING_STOP_MS = 2_000;

function relayOf(options: ClientOptions, tools: Tools): Relaying | null {
  const { bus, outboxStore: store } = options;
  if (!bus || !store) return null;
  const relay = new OutboxRelay({ ...tools, bus, store }, { ...DEFAULT_OUTBOX_OPTIONS, ...options.outbox });
  const open = async (): Promise<number> => {
    if (!parts.isOpen) {
      await bus.ensureTopics(topicsOf(options, tools));
      await relay.start();
      parts.isOpen = true;
    }
    return OPEN_FOR_GOOD_MS;
  };
  const parts: Relaying = {
    relay,
    opener: new Pump('outbox-opener', open, tools),
    isOpen: false,
  };
  return parts;
}

function topicsOf(
  { partitions = 12, replication = 1 }: ClientOptions,
  { topics, initiator }: Tools,
): TopicSpec[] {
  return topicPolicies(topics, { partitions, replication, initiators: [initiator] });
}

class Client implements ConcordatClient {
  constructor(
    readonly transactions: TransactionClient,
    readonly outbox: TransactionOutbox,
    private readonly relaying: Relaying | null,
    private readonly clock: Clock,
  ) {}

  onOutcome(handler: OutcomeHandler): void {
    if (this.relaying === null) throw notConfigured('onOutcome', 'a bus and an outbox store');
    this.relaying.relay.onOutcome(handler);
  }

  start(): void {
    this.relaying?.opener.start();
  }

  isConnected(): boolean {
    return this.relaying?.isOpen ?? true;
  }

  async stop(): Promise<void> {
    await Promise.race([this.relaying?.opener.stop(), pause(this.clock, OPENING_STOP_MS)]);
    await Promise.all([this.transactions.stop(), this.relaying?.relay.stop()]);
  }
}
