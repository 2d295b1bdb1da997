import type { Bus, IncomingRecord, StillOpen } from '#messaging';
import type { Clock, Metrics } from '#observability';
import { deadLetterOf, decodeCommands, encodeDeadLetter } from '#wire';
import type { CommandMessage, DecodeResult } from '#wire';
import type { Engine, Taken } from '../desk/engine.js';
import { workOf } from '../desk/work.js';
import type { ReplyPartitions } from './reply-partitions.js';

/** A record under way: `held` resolves when the database (or the dead-letter topic) holds what it calls for. */
export interface OpenRecord {
  readonly record: IncomingRecord;
  readonly held: Promise<void>;
  /** May take as long as a business handler: a reader may go on without it, as long as its offset is not passed. */
  readonly slow: boolean;
}

/** A batch as it was taken. `fast` waits for all but the slow ones, `all` for everything; both reject when something must come again. */
export interface Accepted {
  readonly records: readonly OpenRecord[];
  fast(): Promise<void>;
  all(): Promise<void>;
  /** What is not held yet, as a reader needs it to go on without passing its offsets. */
  stillOpen(): readonly StillOpen[];
}

export interface IntakeDeps {
  readonly participant: string;
  readonly instance: string;
  readonly bus: Bus;
  readonly deadLettersTopic: string;
  readonly engine: Engine;
  readonly replyPartitions: ReplyPartitions;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/** Offsets whose dead letter was published are remembered, so that a redelivery does not publish it twice. */
const MAX_REMEMBERED = 10_000;

/** The door: decodes commands, hands the good ones to the engine, turns the others into dead letters, one each. */
export class Intake {
  private readonly buried = new Set<string>();
  private readonly burying = new Map<string, Promise<void>>();

  constructor(private readonly deps: IntakeDeps) {}

  accept(batch: readonly IncomingRecord[]): Accepted {
    this.deps.metrics.observe('concordat_batch_size', batch.length, { stage: 'participant' });
    const receivedAtMs = this.deps.clock.nowMs();
    const records = batch.map((record) => this.open(record, receivedAtMs));
    const open = new Set(records);
    // A rejection keeps it open; whoever awaits `held` hears why.
    for (const one of records)
      void one.held.then(
        () => open.delete(one),
        () => undefined,
      );
    return {
      records,
      fast: () => allHeld(records.filter((one) => !one.slow)),
      all: () => allHeld(records),
      stillOpen: () => [...open].map(({ record, held }) => ({ record, closed: held })),
    };
  }

  private open(record: IncomingRecord, receivedAtMs: number): OpenRecord {
    const taken = decodeCommands(record).map((decoded) => this.takeOne(record, decoded, receivedAtMs));
    const [first] = taken;
    if (first && taken.length === 1) return { record, ...first };
    return { record, held: allHeld(taken), slow: taken.some(({ slow }) => slow) };
  }

  private takeOne(
    record: IncomingRecord,
    decoded: DecodeResult<CommandMessage>,
    receivedAtMs: number,
  ): Taken {
    if (!decoded.ok) return this.refuse(record, decoded.reason, decoded.detail);
    const { message, traceparent } = decoded;
    if (message.participant !== this.deps.participant) {
      return this.refuse(
        record,
        'WRONG_PARTICIPANT',
        `for ${message.participant}, this is ${this.deps.participant}`,
      );
    }
    const take = (): Taken => this.deps.engine.take(workOf(message, receivedAtMs), traceparent);
    if (this.deps.replyPartitions.known(message.replyPartition)) return take();
    return { held: this.takeIfPartitionExists(record, message, take), slow: false };
  }

  /** The topic may have grown since it was last asked; a partition that still does not exist is refused. */
  private async takeIfPartitionExists(
    record: IncomingRecord,
    message: CommandMessage,
    take: () => Taken,
  ): Promise<void> {
    if (await this.deps.replyPartitions.exists(message.replyPartition)) return take().held;
    return this.refuse(
      record,
      'REPLY_PARTITION',
      `the replies topic has no partition ${message.replyPartition}`,
    ).held;
  }

  private refuse(record: IncomingRecord, reason: string, detail: string): Taken {
    return { slow: false, held: this.bury(record, reason, detail) };
  }

  /** One dead letter a record, however many messages of a pack were refused. */
  private async bury(record: IncomingRecord, reason: string, detail: string): Promise<void> {
    const offset = `${record.topic}:${record.partition}:${record.offset}`;
    const burying = this.burying.get(offset);
    if (burying) return burying;
    if (this.buried.has(offset)) return;
    const letter = this.writeLetter(record, reason, detail).finally(() => this.burying.delete(offset));
    this.burying.set(offset, letter);
    await letter;
    this.remember(offset);
  }

  private async writeLetter(record: IncomingRecord, reason: string, detail: string): Promise<void> {
    const { participant, instance, bus, deadLettersTopic, metrics } = this.deps;
    const letter = deadLetterOf(record, reason, detail, { app: participant, instance });
    await bus.publish([{ topic: deadLettersTopic, ...encodeDeadLetter(letter) }]);
    metrics.count('concordat_dead_letters_total', { reason });
  }

  private remember(offset: string): void {
    if (this.buried.size >= MAX_REMEMBERED) this.buried.clear();
    this.buried.add(offset);
  }
}

/** Waits for all, also when one fails: a batch is given back only when nothing of it runs any more. */
async function allHeld(records: readonly Pick<OpenRecord, 'held'>[]): Promise<void> {
  const settled = await Promise.allSettled(records.map(({ held }) => held));
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
}
