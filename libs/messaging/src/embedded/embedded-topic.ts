import { partitionOfKey } from '../partitioner.js';
import { BusError, type OutgoingRecord, type TopicSpec } from '../port.js';
import { recordBytes } from '../record-size.js';
import type { ConsumerGroup } from './consumer-group.js';
import { PartitionLog } from './partition-log.js';

/** How many records a partition keeps; see `EmbeddedBrokerOptions`. */
export interface Retention {
  readonly keepRecords: number;
  readonly maxRecords: number;
  /** A group without members lost records because it was too far behind. */
  readonly onLost: (topic: string, group: string, recordCount: number) => void;
}

/** A topic of the embedded broker: its partitions, the groups that follow it, and what it may forget. */
export class EmbeddedTopic {
  readonly logs: readonly PartitionLog[];
  readonly #groups = new Set<ConsumerGroup>();

  constructor(
    readonly spec: TopicSpec,
    private readonly retention: Retention,
  ) {
    this.logs = Array.from({ length: spec.partitions }, (_, partition) => {
      const log = new PartitionLog(spec.name, partition);
      log.trimAtRecords = Math.min(2 * retention.keepRecords, retention.maxRecords);
      return log;
    });
  }

  addGroup(group: ConsumerGroup): void {
    this.#groups.add(group);
    group.follow(this.spec.name, this.logs);
  }

  /** The partition a record goes to. Throws BusError when the record cannot be taken. */
  logFor(record: OutgoingRecord): PartitionLog {
    const { name, maxRecordBytes } = this.spec;
    const bytes = recordBytes(record);
    if (bytes > maxRecordBytes) {
      throw new BusError(
        'TOO_LARGE',
        `A record of ${bytes} bytes exceeds ${maxRecordBytes} of topic ${name}`,
        false,
      );
    }
    const log = this.logs[record.partition ?? partitionOfKey(record.key, this.logs.length)];
    if (!log) throw new BusError('REFUSED', `Topic ${name} has no partition ${record.partition}`, false);
    if (log.size >= this.retention.maxRecords) this.#makeRoom(log);
    return log;
  }

  append(log: PartitionLog, record: OutgoingRecord): void {
    log.append(record);
    if (log.size >= log.trimAtRecords) this.#trim(log);
    for (const group of this.#groups) group.appended(this.spec.name, log.partition);
  }

  /** Drops what no group needs, beyond the newest `keepRecords`. */
  #trim(log: PartitionLog): void {
    const { keepRecords, maxRecords } = this.retention;
    const needed = this.#firstNeeded(log);
    if (this.spec.cleanup === 'compact') {
      log.compactBelow(needed);
      if (log.size >= maxRecords) log.dropBelow(Math.min(needed, log.offsetOfNewest(keepRecords)));
    } else {
      log.dropBelow(Math.min(needed, log.offsetOfNewest(keepRecords)));
    }
    log.trimAtRecords = Math.min(Math.max(2 * log.size, 2 * keepRecords), maxRecords);
  }

  /** The partition is full. Groups without members lose the oldest; one that is alive pushes back. */
  #makeRoom(log: PartitionLog): void {
    this.#trim(log);
    if (log.size < this.retention.maxRecords) return;
    const slow = [...this.#groups].find(
      (group) => group.hasMembers && this.#committed(group, log) <= log.start,
    );
    if (slow) {
      const what = `${log.size} records of ${this.spec.name}[${log.partition}] wait for group ${slow.name}`;
      throw new BusError('UNAVAILABLE', `The embedded broker is full: ${what}`, true);
    }
    const alive = [...this.#groups].filter((group) => group.hasMembers);
    const stillRead = Math.min(...alive.map((group) => this.#committed(group, log)));
    this.#expire(log, Math.min(stillRead, log.offsetOfNewest(Math.ceil(this.retention.maxRecords / 2))));
  }

  #expire(log: PartitionLog, offset: number): void {
    for (const group of this.#groups) {
      const lostCount = offset - this.#committed(group, log);
      if (lostCount <= 0) continue;
      group.skipTo(this.spec.name, log.partition, offset);
      this.retention.onLost(this.spec.name, group.name, lostCount);
    }
    log.dropBelow(offset);
  }

  #committed(group: ConsumerGroup, log: PartitionLog): number {
    return group.committed(this.spec.name, log.partition) ?? log.end;
  }

  /** Offset of the first record that some known group has not recorded. */
  #firstNeeded(log: PartitionLog): number {
    let first = log.end;
    for (const group of this.#groups) first = Math.min(first, this.#committed(group, log));
    return first;
  }
}
