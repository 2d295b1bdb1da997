import type { IncomingRecord } from '../port.js';

export interface PartitionOffset {
  readonly topic: string;
  readonly partition: number;
  /** Where the group reads on: one after the last recorded record. */
  readonly offset: string;
}

/** Which offsets may be committed: those of records whose handler call resolved, of this generation only (M2). */
export class OffsetLedger {
  /** Last recorded offset by partition, by topic. */
  #recorded = new Map<string, Map<number, string>>();

  record(batch: readonly IncomingRecord[]): void {
    for (const { topic, partition, offset } of batch) {
      const partitions = this.#recorded.get(topic) ?? new Map<number, string>();
      this.#recorded.set(topic, partitions.set(partition, offset));
    }
  }

  /** Takes what is to be committed; what then fails comes back by `putBack`. */
  take(): readonly PartitionOffset[] {
    const recorded = this.#recorded;
    this.#recorded = new Map();
    return [...recorded].flatMap(([topic, partitions]) =>
      [...partitions].map(([partition, offset]) => ({
        topic,
        partition,
        offset: String(BigInt(offset) + 1n),
      })),
    );
  }

  /** Only where nothing newer has been recorded meanwhile. */
  putBack(offsets: readonly PartitionOffset[]): void {
    for (const { topic, partition, offset } of offsets) {
      const partitions = this.#recorded.get(topic) ?? new Map<number, string>();
      if (!partitions.has(partition)) partitions.set(partition, String(BigInt(offset) - 1n));
      this.#recorded.set(topic, partitions);
    }
  }

  /** A new generation: what was recorded before may belong to another member by now. */
  clear(): void {
    this.#recorded.clear();
  }
}
