import type { Bus, IncomingRecord, OutgoingRecord } from '#messaging';
import type { Log, Metrics } from '#observability';
import { deadLetterOf, encodeDeadLetter } from '#wire';
import type { Topics } from '#wire';

export interface Refusal {
  readonly record: IncomingRecord;
  readonly reason: string;
  readonly detail: string;
}

/** Refused records become dead letters, one each, with the reason; then their offset may advance. */
export class DeadLetterBox {
  constructor(
    private readonly deps: {
      readonly bus: Bus;
      readonly topics: Topics;
      readonly log: Log;
      readonly metrics: Metrics;
    },
    private readonly sender: { readonly app: string; readonly instance: string },
  ) {}

  /** Throws BusError when the broker is away: the batch is delivered again, and the store is unique on (topic, partition, offset). */
  async put(faults: readonly Refusal[]): Promise<void> {
    const refusals = onePerRecord(faults);
    if (refusals.length === 0) return;
    await this.deps.bus.publish(refusals.map((refusal) => this.letter(refusal)));
    for (const { reason, detail, record } of refusals) {
      this.deps.metrics.count('concordat_dead_letters_total', { reason });
      this.deps.log.warn(
        { reason, detail, topic: record.topic, partition: record.partition, offset: record.offset },
        'message refused',
      );
    }
  }

  private letter({ record, reason, detail }: Refusal): OutgoingRecord {
    const encoded = encodeDeadLetter(deadLetterOf(record, reason, detail, this.sender));
    return { topic: this.deps.topics.deadLetters, ...encoded };
  }
}

/** Of a pack several messages may be refused: its dead letter has the reason of the first, and all of their details. */
function onePerRecord(faults: readonly Refusal[]): readonly Refusal[] {
  const byRecord = new Map<IncomingRecord, Refusal>();
  for (const fault of faults) {
    const before = byRecord.get(fault.record);
    const detail = before ? `${before.detail}; ${fault.detail}` : fault.detail;
    byRecord.set(fault.record, { ...(before ?? fault), detail });
  }
  return [...byRecord.values()];
}
