import type { Bus, OutgoingRecord } from '#messaging';
import type { Clock, Log, Random } from '#observability';
import type { CollectedTransaction, Ledger } from '#persistence';
import { encodeCommand, outcomeKey } from '#wire';
import type { Topics } from '#wire';
import { Ticker } from './ticker.js';

export interface GarbageDeps {
  readonly ledger: Pick<Ledger, 'collectGarbage' | 'state'>;
  readonly bus: Pick<Bus, 'publish'>;
  readonly topics: Topics;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface GarbageOptions {
  readonly retentionMs: number;
  /** From the end of one collection to the next, ±50 % so that instances do not meet. */
  readonly everyMs: number;
  /** Transactions deleted in one statement. */
  readonly batch: number;
  /** Statements in one collection at most; the rest waits for the next. */
  readonly maxBatches: number;
}

export const GARBAGE_OPTIONS = { everyMs: 3_600_000, batch: 500, maxBatches: 200 } as const;

/**
 * Deletes what retention has passed, in bounded batches, then tells those who keep something of it: FORGET to the participants,
 * an empty value to the compacted outcomes. A lost telling costs space only: participants collect by their own retention.
 */
export class GarbageCollector {
  private readonly ticker: Ticker;
  private stopping = false;

  constructor(
    private readonly deps: GarbageDeps,
    private readonly options: GarbageOptions,
  ) {
    this.ticker = new Ticker(deps.clock, deps.log, {
      name: 'garbage collection',
      delayMs: () => options.everyMs * (0.5 + deps.random.next()),
      run: () => this.collect(),
    });
  }

  start(): void {
    this.ticker.start();
  }

  stop(): Promise<void> {
    this.stopping = true;
    return this.ticker.stop();
  }

  /** One collection now; resolves with how many transactions were deleted. */
  async collect(): Promise<number> {
    const { retentionMs, batch, maxBatches } = this.options;
    let collected = 0;
    for (let round = 0; round < maxBatches && !this.stopping; round += 1) {
      const gone = await this.deps.ledger.collectGarbage({ retentionMs, limit: batch });
      collected += gone.length;
      await this.tell(gone);
      if (gone.length < batch) break;
    }
    if (collected > 0) this.deps.log.info({ transactions: collected }, 'collected garbage');
    return collected;
  }

  private async tell(gone: readonly CollectedTransaction[]): Promise<void> {
    if (gone.length === 0) return;
    const { epoch } = await this.deps.ledger.state();
    const records = gone.flatMap((one) => [...this.outcomeTombstones(one), ...this.forgets(one, epoch)]);
    const byTopic = new Map<string, OutgoingRecord[]>();
    for (const record of records) {
      const part = byTopic.get(record.topic);
      if (part) part.push(record);
      else byTopic.set(record.topic, [record]);
    }
    // Topic by topic: a participant whose topic is gone must not keep the others from hearing it.
    await Promise.all([...byTopic.values()].map((part) => this.publish(part)));
  }

  private outcomeTombstones({ gtx, attempts }: CollectedTransaction): OutgoingRecord[] {
    const topic = this.deps.topics.outcomes;
    return attempts.map((attempt) => ({ topic, key: outcomeKey(gtx, attempt), value: null, headers: {} }));
  }

  private forgets({ gtx, attempts, branches }: CollectedTransaction, ledgerEpoch: number): OutgoingRecord[] {
    return branches.flatMap(({ branch, participant }) =>
      attempts.map((attempt) => ({
        topic: this.deps.topics.command(participant),
        ...encodeCommand({
          type: 'FORGET',
          gtx,
          attempt,
          branch,
          participant,
          ledgerEpoch,
          replyPartition: null,
        }),
      })),
    );
  }

  private async publish(records: readonly OutgoingRecord[]): Promise<void> {
    try {
      await this.deps.bus.publish(records);
    } catch (error) {
      const topic = records[0]?.topic;
      this.deps.log.warn({ err: error, topic, records: records.length }, 'garbage collection was not told');
    }
  }
}
