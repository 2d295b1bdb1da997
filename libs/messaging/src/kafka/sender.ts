/**
 * Brings records to the broker: one produce request at a time a call, split to what a topic takes, repeated while that
 * may help.
 *
 * kafkajs' own retries are off. They keep the answers of the brokers that had answered and ask only the others again:
 * when a partition moved between the two, its records are sent to nobody and the call resolves (tulios/kafkajs#1303,
 * #1798). Here a repetition sends the whole request again; the price, duplicates, is one the protocol pays anyway.
 */
import type { Log } from '#observability';
import type { Message, Producer, TopicMessages } from 'kafkajs';
import { backoffMs, type Backoff } from '../backoff.js';
import type { BusError, OutgoingRecord } from '../port.js';
import { recordBytes } from '../record-size.js';
import { bounded } from './bounded.js';
import { kafkaClient } from './client.js';
import { isWithoutAnswer, toBusError } from './errors.js';
import { SIZE, TIMING, type KafkaBusOptions } from './options.js';
import { partitioner } from './partitioner.js';

const RESEND: Backoff = { baseMs: 50, capMs: 1_000, jitter: 0.2 };

/** A producer for a sender. */
export async function connectProducer(options: KafkaBusOptions): Promise<Producer> {
  const producer = kafkaClient(options).producer({
    allowAutoTopicCreation: false,
    idempotent: false,
    metadataMaxAge: TIMING.metadataMaxAgeMs,
    createPartitioner: () => partitioner,
    retry: { retries: 0 },
  });
  await producer.connect();
  return producer;
}

export class Sender {
  #producer: Promise<Producer> | undefined;
  #closed = false;

  /** `connect` gives a new, connected producer that makes no retries of its own. */
  constructor(
    private readonly connect: () => Promise<Producer>,
    private readonly log: Log,
  ) {}

  /** Resolves when every record is at all replicas in sync. Throws BusError; part of the records may be there then. */
  async send(records: readonly OutgoingRecord[]): Promise<void> {
    for (const chunk of chunksOf(records)) await this.#sendChunk(chunk);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const producer = this.#producer;
    this.#producer = undefined;
    await this.#disconnect(producer);
  }

  async #sendChunk(records: readonly OutgoingRecord[]): Promise<void> {
    const startMs = performance.now();
    for (let failures = 1; ; failures += 1) {
      const fault = await this.#attempt(records);
      if (!fault) return;
      if (fault.code === 'TOO_LARGE' && records.length > 1) return this.#sendHalves(records);
      const delayMs = backoffMs(RESEND, failures);
      if (this.#closed || !mayPass(fault, performance.now() - startMs + delayMs)) throw fault;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }

  /** What is too large is the record batch; only a batch of one says that a record is. */
  async #sendHalves(records: readonly OutgoingRecord[]): Promise<void> {
    const middle = Math.ceil(records.length / 2);
    await this.#sendChunk(records.slice(0, middle));
    await this.#sendChunk(records.slice(middle));
  }

  /** One produce request; its fault, if any. */
  async #attempt(records: readonly OutgoingRecord[]): Promise<BusError | undefined> {
    const connection = (this.#producer ??= this.#connected());
    let isGivenUp = false;
    try {
      // One that comes up late sends nothing: whoever asked was told that it did not go.
      const sent = connection.then((producer) => (isGivenUp ? undefined : produce(producer, records)));
      await bounded(sent, TIMING.sendMs, 'send');
      return undefined;
    } catch (error) {
      isGivenUp = true;
      const fault = toBusError(error, `publish of ${records.length} records`);
      if (fault.code === 'UNKNOWN_TOPIC' || isWithoutAnswer(error)) this.#forget(connection);
      return fault;
    }
  }

  #connected(): Promise<Producer> {
    const connection = this.connect();
    connection.catch(() => {
      if (this.#producer === connection) this.#producer = undefined;
    });
    return connection;
  }

  /** The next request gets a new connection: this one may be dead, or asks for ever for a topic that is no more. */
  #forget(connection: Promise<Producer>): void {
    if (this.#producer === connection) this.#producer = undefined;
    void this.#disconnect(connection);
  }

  async #disconnect(connection: Promise<Producer> | undefined): Promise<void> {
    try {
      const producer = await connection;
      if (producer) await bounded(producer.disconnect(), TIMING.disconnectMs, 'disconnect');
    } catch (error) {
      this.log.debug({ err: error }, 'producer connection was not closed in order');
    }
  }
}

const produce = (producer: Producer, records: readonly OutgoingRecord[]): Promise<unknown> =>
  producer.sendBatch({ acks: -1, timeout: TIMING.produceTimeoutMs, topicMessages: byTopic(records) });

function mayPass(fault: BusError, elapsedMs: number): boolean {
  if (fault.code === 'UNKNOWN_TOPIC') return elapsedMs < TIMING.unknownTopicGiveUpMs;
  return fault.retriable && elapsedMs < TIMING.publishGiveUpMs;
}

/** Runs of records of at most `SIZE.produceBytes`; a larger record goes alone. Order stays. */
function* chunksOf(records: readonly OutgoingRecord[]): Generator<readonly OutgoingRecord[]> {
  let chunk: OutgoingRecord[] = [];
  let chunkBytes = 0;
  for (const record of records) {
    const bytes = recordBytes(record);
    if (chunk.length > 0 && chunkBytes + bytes > SIZE.produceBytes) {
      yield chunk;
      chunk = [];
      chunkBytes = 0;
    }
    chunk.push(record);
    chunkBytes += bytes;
  }
  if (chunk.length > 0) yield chunk;
}

function byTopic(records: readonly OutgoingRecord[]): TopicMessages[] {
  const topics = new Map<string, Message[]>();
  for (const { topic, key, value, headers, partition } of records) {
    const messages = topics.get(topic) ?? [];
    topics.set(topic, messages);
    messages.push({ key, value, headers, ...(partition !== undefined && { partition }) });
  }
  return [...topics].map(([topic, messages]) => ({ topic, messages }));
}
