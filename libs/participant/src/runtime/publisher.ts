import { BusError } from '#messaging';
import type { Bus, OutgoingRecord } from '#messaging';
import { backoffMs } from '#protocol';
import type { Clock, FaultPoints, Log, Random } from '#observability';
import { packReplies } from '#wire';
import type { OversizeError, ReplyMessage } from '#wire';
import { messageOf } from '../desk/fault.js';
import type { OutgoingReply } from '../desk/work.js';

export interface PublisherDeps {
  readonly bus: Bus;
  readonly repliesTopic: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly faults: FaultPoints;
}

/** Replies kept while the broker is away. Beyond it the oldest go: every one of them is asked for again. */
const MAX_WAITING = 20_000;
const MAX_BATCH = 1_000;

/**
 * Sends what is durable, and only that: callers hand over a reply after the commit that makes it true.
 * What becomes durable while a publish is under way goes together into the next one. A failed publish is repeated with back-off.
 */
export class Publisher {
  private waiting: OutgoingReply[] = [];
  private sending: Promise<void> | null = null;
  private stopped = false;
  private wake: (() => void) | null = null;

  constructor(private readonly deps: PublisherDeps) {}

  send(replies: readonly OutgoingReply[]): void {
    if (this.stopped || replies.length === 0) return;
    this.waiting.push(...replies);
    const excess = this.waiting.length - MAX_WAITING;
    if (excess > 0) {
      this.waiting.splice(0, excess);
      this.deps.log.warn(
        { dropped: excess },
        'replies wait for the broker; the oldest were dropped and will be asked for again',
      );
    }
    this.sending ??= this.drain();
  }

  /** Resolves when nothing waits, or when `stop` gave up. */
  async drained(): Promise<void> {
    while (this.sending) await this.sending;
  }

  /** Gives up what still waits. */
  stop(): void {
    this.stopped = true;
    this.waiting = [];
    this.wake?.();
  }

  private async drain(): Promise<void> {
    // One microtask later everything of this tick has joined.
    await Promise.resolve();
    for (let failures = 0; this.waiting.length > 0;) {
      const batch = this.waiting.splice(0, MAX_BATCH);
      if (await this.publish(batch)) failures = 0;
      else await this.putBack(batch, failures++);
    }
    this.sending = null;
  }

  private async publish(batch: readonly OutgoingReply[]): Promise<boolean> {
    const { bus, faults, log } = this.deps;
    try {
      await bus.publish(this.recordsOf(batch));
    } catch (error) {
      log.warn({ error: messageOf(error), replies: batch.length }, 'replies could not be published');
      return error instanceof BusError && !error.retriable;
    }
    await this.passPoints(batch, faults);
    return true;
  }

  private async passPoints(batch: readonly OutgoingReply[], faults: FaultPoints): Promise<void> {
    const votes = batch.filter(({ message }) => message.type === 'VOTE').length;
    const acks = batch.filter(({ message }) => message.type === 'ACK').length;
    if (votes > 0) await faults.reach('P4', votes);
    if (acks > 0) await faults.reach('P7', acks);
  }

  /** One record, or as few as it takes, to each partition. */
  private recordsOf(batch: readonly OutgoingReply[]): OutgoingRecord[] {
    const byPartition = new Map<number | null, OutgoingReply[]>();
    for (const reply of batch) {
      const others = byPartition.get(reply.partition);
      if (others) others.push(reply);
      else byPartition.set(reply.partition, [reply]);
    }
    return [...byPartition].flatMap(([partition, replies]) => this.recordsTo(partition, replies));
  }

  private recordsTo(partition: number | null, replies: readonly OutgoingReply[]): OutgoingRecord[] {
    const topic = this.deps.repliesTopic;
    // By key they belong to as many partitions as there are keys.
    const bundles = partition === null ? replies.map((reply) => [reply]) : [replies];
    const records = bundles.flatMap((bundle) => packReplies(bundle, this.leftOut));
    return records.map((record) =>
      partition === null ? { topic, ...record } : { topic, ...record, partition },
    );
  }

  private readonly leftOut = ({ type }: ReplyMessage, { message }: OversizeError): void =>
    this.deps.log.error({ type, error: message }, 'a reply is too large to send');

  private async putBack(batch: readonly OutgoingReply[], failures: number): Promise<void> {
    if (this.stopped) return;
    this.waiting.unshift(...batch);
    const { clock, random } = this.deps;
    await new Promise<void>((resolve) => {
      const cancel = clock.after(backoffMs(failures, random.next()), resolve);
      this.wake = () => (cancel(), resolve());
    });
    this.wake = null;
  }
}
