/**
 * A consumer group: who reads which partition, and how far the group has come.
 *
 * Invariants:
 *  E1 A partition is read by one member at a time: `reader` holds it from `take` to `done`, `abandoned` or `leave`,
 *     even when the assignment has moved it on meanwhile (M3).
 *  E2 `committed` moves only in `recorded` (M2). A member that left commits nothing any more.
 *  E3 `position` is where reading goes on. A partition that changes hands is read again from `committed`: what its reader left
 *     open comes again, to the new one.
 */
import type { IncomingRecord } from '../port.js';
import type { PartitionLog } from './partition-log.js';

/** What a group needs of its members. */
export interface GroupMember {
  readonly topics: readonly string[];
  /** There may be something to take. */
  wake(): void;
  /** A partition is somebody else's now, and no call of this member reads it any more. */
  lost(topic: string, partition: number): void;
}

interface Cursor {
  readonly log: PartitionLog;
  /** Offset of the first record the group has not recorded. */
  committed: number;
  position: number;
  owner: GroupMember | undefined;
  reader: GroupMember | undefined;
}

/** One batch under way: its cursors, and where each stands once the batch is done. */
type Reading = readonly { readonly cursor: Cursor; readonly next: number }[];

export class ConsumerGroup {
  readonly #cursors = new Map<string, readonly Cursor[]>();
  readonly #members: GroupMember[] = [];
  readonly #readings = new Map<GroupMember, Reading>();
  readonly #owned = new Map<GroupMember, readonly Cursor[]>();
  /** Where the next `take` begins, so that no partition starves the others. */
  #rotation = 0;

  constructor(
    readonly name: string,
    readonly from: 'earliest' | 'latest',
  ) {}

  get hasMembers(): boolean {
    return this.#members.length > 0;
  }

  /** The group begins to follow a topic (once). */
  follow(topic: string, logs: readonly PartitionLog[]): void {
    if (this.#cursors.has(topic)) return;
    this.#cursors.set(
      topic,
      logs.map((log) => {
        const start = this.from === 'earliest' ? log.start : log.end;
        return { log, committed: start, position: start, owner: undefined, reader: undefined };
      }),
    );
    this.#assign();
  }

  join(member: GroupMember): void {
    this.#members.push(member);
    this.#assign();
  }

  /** The member is gone, crashed or stopped: what it was reading is unread again. */
  leave(member: GroupMember): void {
    const index = this.#members.indexOf(member);
    if (index < 0) return;
    this.#members.splice(index, 1);
    this.abandoned(member);
    this.#assign();
  }

  /** Hands over unread records of the partitions `member` owns and nobody reads now. */
  take(member: GroupMember, maxRecords: number): readonly IncomingRecord[] {
    const owned = this.#owned.get(member) ?? [];
    const batch: IncomingRecord[] = [];
    const reading: { cursor: Cursor; next: number }[] = [];
    this.#rotation += 1;
    for (let i = 0; i < owned.length && batch.length < maxRecords; i += 1) {
      const cursor = owned[(i + this.#rotation) % owned.length] as Cursor;
      if (cursor.reader) continue;
      const next = cursor.log.readInto(batch, cursor.position, maxRecords - batch.length);
      if (next === cursor.position) continue;
      cursor.reader = member;
      reading.push({ cursor, next });
    }
    if (reading.length > 0) this.#readings.set(member, reading);
    return batch;
  }

  /** Reading goes on behind the batch, also before all of it is recorded. */
  done(member: GroupMember): void {
    for (const { cursor, next } of this.#readings.get(member) ?? []) {
      if (cursor.owner === member) cursor.position = Math.max(cursor.position, next);
    }
    this.abandoned(member);
  }

  recorded(member: GroupMember, upTo: readonly IncomingRecord[]): void {
    if (!this.#members.includes(member)) return;
    for (const { topic, partition, offset } of upTo) this.#commit(topic, partition, Number(offset) + 1);
  }

  abandoned(member: GroupMember): void {
    const reading = this.#readings.get(member) ?? [];
    this.#readings.delete(member);
    for (const { cursor } of reading) {
      cursor.reader = undefined;
      if (cursor.owner === member) continue;
      member.lost(cursor.log.topic, cursor.log.partition);
      cursor.owner?.wake();
    }
  }

  /** Wakes whoever reads this partition. */
  appended(topic: string, partition: number): void {
    this.#cursors.get(topic)?.[partition]?.owner?.wake();
  }

  /** Partitions of `topic` that `member` may read now: assigned to it and let go by the member before. */
  assigned(member: GroupMember, topic: string): readonly number[] {
    return (this.#cursors.get(topic) ?? [])
      .filter(({ owner, reader }) => owner === member && (reader === undefined || reader === member))
      .map(({ log }) => log.partition);
  }

  follows(topic: string): boolean {
    return this.#cursors.has(topic);
  }

  committed(topic: string, partition: number): number | undefined {
    return this.#cursors.get(topic)?.[partition]?.committed;
  }

  /** Records below `offset` are gone for ever (retention): the group goes on behind them. */
  skipTo(topic: string, partition: number, offset: number): void {
    this.#commit(topic, partition, offset);
  }

  #commit(topic: string, partition: number, next: number): void {
    const cursor = this.#cursors.get(topic)?.[partition];
    if (!cursor) return;
    cursor.committed = Math.max(cursor.committed, next);
    cursor.position = Math.max(cursor.position, cursor.committed);
  }

  /** Deals the partitions of each topic round, in the order the members came. */
  #assign(): void {
    this.#owned.clear();
    let turn = 0;
    for (const [topic, cursors] of this.#cursors) {
      const readers = this.#members.filter(({ topics }) => topics.includes(topic));
      for (const cursor of cursors) {
        this.#give(cursor, readers[turn++ % readers.length]);
      }
    }
    for (const member of this.#members) member.wake();
  }

  #give(cursor: Cursor, owner: GroupMember | undefined): void {
    const before = cursor.owner;
    cursor.owner = owner;
    if (owner) this.#owned.set(owner, [...(this.#owned.get(owner) ?? []), cursor]);
    if (owner === before) return;
    cursor.position = cursor.committed;
    if (before && cursor.reader !== before) before.lost(cursor.log.topic, cursor.log.partition);
  }
}
