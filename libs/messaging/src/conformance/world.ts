/** What the suite needs of an adapter, and the small tools its tests share. */
import type {
  Bus,
  IncomingRecord,
  OutgoingRecord,
  Subscription,
  SubscribeOptions,
  TopicSpec,
} from '../port.js';

/** One broker with any number of handles. */
export interface BusWorld {
  /** A new handle, as a new process would open one. */
  connect(clientId: string): Bus;
  /** A topic or group name free in this run. */
  name(base: string): string;
  /** Kills a member: it commits nothing and what its handler still does goes unheard. */
  crash(subscription: Subscription): Promise<void>;
  close(): Promise<void>;
}

/** The test hook that both adapters' subscriptions have beyond the port. */
export interface Crashable {
  crash(): void | Promise<void>;
}

export const crashOf = async (subscription: Subscription): Promise<void> =>
  (subscription as Subscription & Crashable).crash();

export const KIB = 1024;

/** Polls until `condition` holds; the test's own timeout is the limit. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
const POLL_MS = 10;

/** A door that handlers wait at. */
export class Gate {
  open!: () => void;
  readonly opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });
}

/** A handler that remembers what it was given, and behaves as the test wants. */
export class Probe {
  readonly batches: (readonly IncomingRecord[])[] = [];
  running = 0;
  maxRunning = 0;

  constructor(
    private readonly behave: (batch: readonly IncomingRecord[], call: number) => unknown = () => undefined,
  ) {}

  readonly handler = async (batch: readonly IncomingRecord[]): Promise<void> => {
    this.batches.push(batch);
    this.running += 1;
    this.maxRunning = Math.max(this.maxRunning, this.running);
    try {
      await this.behave(batch, this.batches.length);
    } finally {
      this.running -= 1;
    }
  };

  /** Every record of every call, redeliveries included. */
  get records(): readonly IncomingRecord[] {
    return this.batches.flat();
  }

  get values(): readonly string[] {
    return this.records.map(valueOf);
  }
}

export const valueOf = (record: IncomingRecord): string => record.value?.toString() ?? '(tombstone)';

/** Values of the records of one partition, in the order of delivery. */
export const valuesOfPartition = (records: readonly IncomingRecord[], partition: number): readonly string[] =>
  records.filter((record) => record.partition === partition).map(valueOf);

/** `count` short words, different and in order. */
export const words = (count: number, prefix = 'w'): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}`);

/** Handles and topics of one test; `close` takes the handles down again. */
export class Bench {
  readonly #buses: Bus[] = [];
  readonly bus: Bus;

  constructor(readonly world: BusWorld) {
    this.bus = this.connect();
  }

  connect(): Bus {
    const bus = this.world.connect(`conformance-${this.#buses.length}`);
    this.#buses.push(bus);
    return bus;
  }

  async topic(partitions = 1, overrides: Partial<TopicSpec> = {}): Promise<string> {
    const name = this.world.name('topic');
    const spec: TopicSpec = {
      name,
      partitions,
      replication: 1,
      cleanup: 'delete',
      maxRecordBytes: 1300 * KIB,
    };
    await this.bus.ensureTopics([{ ...spec, ...overrides }]);
    return name;
  }

  group(): string {
    return this.world.name('group');
  }

  /** Subscribes and waits until the member reads `partitions` partitions of the (first) topic. */
  async join(
    options: Omit<SubscribeOptions, 'from'> & Partial<Pick<SubscribeOptions, 'from'>>,
    partitions = 1,
    bus = this.bus,
  ): Promise<Subscription> {
    const subscription = await bus.subscribe({ from: 'earliest', ...options });
    await until(() => subscription.assigned(options.topics[0] as string).length === partitions);
    return subscription;
  }

  async close(): Promise<void> {
    await Promise.all(this.#buses.map((bus) => bus.close()));
  }
}

/** Records of one topic with the given values; the key is the value unless named. */
export function recordsOf(
  topic: string,
  values: readonly string[],
  over: Partial<OutgoingRecord> = {},
): OutgoingRecord[] {
  return values.map((value) => ({ topic, key: value, value: Buffer.from(value), headers: {}, ...over }));
}
