/**
 * Queues what `publish` is given and keeps several produce requests on their way.
 *
 * Invariants (M6):
 *  K1 A record does not leave before an earlier one of the same topic and key has been acknowledged or given up. So
 *     order within a key holds even when a request is repeated. (Publishes of one key that are given up and made again
 *     by their callers may swap; a repeated request may double records. The protocol tolerates both.)
 *  K2 A fault of one publish is not the fault of another that shared its request.
 * Natural batching: what waits when a request comes back leaves as one.
 */
import { BusError, type OutgoingRecord } from '../port.js';
import { recordBytes } from '../record-size.js';
import { SIZE } from './options.js';

export interface RecordSender {
  /** Resolves when all records are durable; throws BusError. */
  send(records: readonly OutgoingRecord[]): Promise<void>;
}

interface Publish {
  readonly records: readonly OutgoingRecord[];
  readonly lanes: ReadonlySet<string>;
  readonly bytes: number;
  resolve(): void;
  reject(error: unknown): void;
}

interface Limits {
  /** Requests on their way at once. */
  readonly inFlight: number;
  /** Records that may wait, on their way included. */
  readonly queuedRecords: number;
}

const LIMITS: Limits = { inFlight: SIZE.produceInFlight, queuedRecords: SIZE.publishQueueRecords };

export class Publisher {
  #queue: Publish[] = [];
  #queuedRecords = 0;
  #inFlight = 0;
  #scheduled = false;
  /** Topic and key of every record on its way. */
  readonly #busyLanes = new Set<string>();
  #whenIdle: (() => void) | undefined;

  constructor(
    private readonly sender: RecordSender,
    private readonly limits: Limits = LIMITS,
  ) {}

  async publish(records: readonly OutgoingRecord[]): Promise<void> {
    if (records.length === 0) return;
    assertSizes(records);
    if (this.#queuedRecords + records.length > this.limits.queuedRecords) {
      throw new BusError('UNAVAILABLE', `${this.#queuedRecords} records wait for the broker already`, true);
    }
    return new Promise((resolve, reject) => {
      const lanes = new Set(records.map(({ topic, key }) => `${topic}\0${key}`));
      const bytes = records.reduce((sum, record) => sum + recordBytes(record), 0);
      this.#queue.push({ records, lanes, bytes, resolve, reject });
      this.#queuedRecords += records.length;
      this.#wake();
    });
  }

  /** Resolves when nothing waits and nothing is on its way. */
  async idle(): Promise<void> {
    if (this.#queue.length === 0 && this.#inFlight === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
    });
  }

  #wake(): void {
    if (this.#scheduled || this.#inFlight >= this.limits.inFlight) return;
    this.#scheduled = true;
    // After this turn's callbacks: what they publish together leaves together.
    setImmediate(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#inFlight < this.limits.inFlight) {
      const flight = this.#board();
      if (flight.length === 0) return;
      void this.#fly(flight);
    }
  }

  /** Takes from the queue what may leave now, in order, up to the size of a request. */
  #board(): Publish[] {
    const flight: Publish[] = [];
    const blocked = new Set<string>();
    let bytes = 0;
    this.#queue = this.#queue.filter((publish) => {
      const free = !meets(publish.lanes, this.#busyLanes) && !meets(publish.lanes, blocked);
      if (free && (flight.length === 0 || bytes + publish.bytes <= SIZE.produceBytes)) {
        flight.push(publish);
        bytes += publish.bytes;
        return false;
      }
      for (const lane of publish.lanes) blocked.add(lane);
      return true;
    });
    return flight;
  }

  async #fly(flight: readonly Publish[]): Promise<void> {
    this.#inFlight += 1;
    for (const { lanes } of flight) for (const lane of lanes) this.#busyLanes.add(lane);
    try {
      await this.sender.send(flight.flatMap(({ records }) => records));
      for (const publish of flight) publish.resolve();
    } catch (error) {
      await this.#failed(flight, error);
    }
    for (const { lanes, records } of flight) {
      this.#queuedRecords -= records.length;
      for (const lane of lanes) this.#busyLanes.delete(lane);
    }
    this.#inFlight -= 1;
    this.#landed();
  }

  #landed(): void {
    this.#pump();
    if (this.#queue.length > 0 || this.#inFlight > 0) return;
    this.#whenIdle?.();
    this.#whenIdle = undefined;
  }

  async #failed(flight: readonly Publish[], error: unknown): Promise<void> {
    const brokerIsAway = (error as BusError).code === 'UNAVAILABLE';
    if (flight.length === 1 || brokerIsAway) {
      for (const publish of flight) publish.reject(error);
      // Those that wait would fare no better, each after as long a wait.
      if (brokerIsAway) this.#rejectQueue(error);
      return;
    }
    // K2: one of them is at fault; each alone shows which.
    for (const publish of flight)
      await this.sender.send(publish.records).then(publish.resolve, publish.reject);
  }

  #rejectQueue(error: unknown): void {
    const queue = this.#queue;
    this.#queue = [];
    for (const { records, reject } of queue) {
      this.#queuedRecords -= records.length;
      reject(error);
    }
  }
}

function assertSizes(records: readonly OutgoingRecord[]): void {
  for (const record of records) {
    const bytes = recordBytes(record);
    if (bytes <= SIZE.recordBytes) continue;
    throw new BusError(
      'TOO_LARGE',
      `A record of ${bytes} bytes for ${record.topic}; no topic takes more than ${SIZE.recordBytes}`,
      false,
    );
  }
}

function meets(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  if (right.size === 0) return false;
  for (const lane of left) if (right.has(lane)) return true;
  return false;
}
