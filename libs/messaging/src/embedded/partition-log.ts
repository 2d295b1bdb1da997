import type { IncomingRecord } from '../port.js';

/**
 * The records of one partition, in memory. Offsets only grow; after compaction or dropping they have gaps,
 * as Kafka's have.
 */
export class PartitionLog {
  #records: IncomingRecord[] = [];
  /** Offsets of `#records`, ascending. */
  #offsets: number[] = [];
  #end = 0;
  /** Size at which the owner should look whether something can go. */
  trimAtRecords = 0;

  constructor(
    readonly topic: string,
    readonly partition: number,
  ) {}

  /** Offset the next record will get (high water). */
  get end(): number {
    return this.#end;
  }

  /** Offset of the oldest record still held; `end` when empty. */
  get start(): number {
    return this.#offsets[0] ?? this.#end;
  }

  get size(): number {
    return this.#records.length;
  }

  append(record: Pick<IncomingRecord, 'key' | 'value' | 'headers'>): void {
    this.#records.push({
      topic: this.topic,
      partition: this.partition,
      offset: String(this.#end),
      key: record.key,
      value: record.value,
      headers: record.headers,
    });
    this.#offsets.push(this.#end);
    this.#end += 1;
  }

  /** Pushes at most `maxRecords` records from `offset` on into `into`; returns the offset to read next. */
  readInto(into: IncomingRecord[], offset: number, maxRecords: number): number {
    const first = this.#indexOf(offset);
    const last = Math.min(first + maxRecords, this.#records.length);
    for (let i = first; i < last; i += 1) into.push(this.#records[i] as IncomingRecord);
    return last === first ? offset : (this.#offsets[last - 1] as number) + 1;
  }

  /** Forgets every record below `offset`. */
  dropBelow(offset: number): void {
    const count = this.#indexOf(offset);
    if (count === 0) return;
    this.#records = this.#records.slice(count);
    this.#offsets = this.#offsets.slice(count);
  }

  /** Offset from which on the newest `count` records lie. */
  offsetOfNewest(count: number): number {
    return this.#offsets[Math.max(0, this.#offsets.length - count)] ?? this.#end;
  }

  /** Compaction of what lies below `offset`: of each key only the newest record stays, and no tombstone. */
  compactBelow(offset: number): void {
    const newest = new Map(this.#records.map((record, index) => [record.key, index]));
    const kept = this.#records.map((record, index) => {
      if ((this.#offsets[index] as number) >= offset || record.key === null) return true;
      return newest.get(record.key) === index && record.value !== null;
    });
    this.#records = this.#records.filter((_, index) => kept[index]);
    this.#offsets = this.#offsets.filter((_, index) => kept[index]);
  }

  /** Index of the first record at or after `offset`. */
  #indexOf(offset: number): number {
    const dense = offset - this.start;
    if (dense >= 0 && this.#offsets[dense] === offset) return dense;
    let low = 0;
    let high = this.#offsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#offsets[middle] as number) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
