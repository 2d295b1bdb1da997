import type { IncomingRecord } from './port.js';

interface Mark {
  readonly record: IncomingRecord;
  open: boolean;
  failures: number;
}

/** Marks of one partition in offset order, from the oldest open one on. */
interface Line {
  queue: Mark[];
  readonly byOffset: Map<string, Mark>;
}

/**
 * How far each partition is recorded without a gap (M2): records may close out of order, their offsets are passed in order.
 * Methods return, per partition that moved, the last record up to which everything is recorded.
 */
export class Watermark {
  private readonly lines = new Map<string, Line>();
  private openCount = 0;

  /** Records that were handled and are still open. */
  get open(): number {
    return this.openCount;
  }

  handled(batch: readonly IncomingRecord[], open: ReadonlySet<IncomingRecord>): readonly IncomingRecord[] {
    const moved = new Map<string, IncomingRecord>();
    for (const record of batch) {
      const name = nameOf(record);
      const line = this.lines.get(name);
      // The usual case keeps no book: nothing open before it, nor itself.
      if (!line && !open.has(record)) moved.set(name, record);
      else this.enter(line ?? this.newLine(name), record, open.has(record));
    }
    return [...this.advanceAll(batch, moved).values()];
  }

  closed(record: IncomingRecord): readonly IncomingRecord[] {
    const mark = this.markOf(record);
    if (mark) this.close(mark);
    return [...this.advanceAll([record], new Map()).values()];
  }

  /** How often the work on an open record has failed, this time included; undefined when it is open here no more. */
  failed(record: IncomingRecord): number | undefined {
    const mark = this.markOf(record);
    if (!mark?.open) return undefined;
    mark.failures += 1;
    return mark.failures;
  }

  isOpen(record: IncomingRecord): boolean {
    return this.markOf(record)?.open ?? false;
  }

  /** All partitions may belong to somebody else by now. */
  clear(): void {
    this.lines.clear();
    this.openCount = 0;
  }

  /** This partition belongs to somebody else. */
  forget(topic: string, partition: number): void {
    const name = nameOf({ topic, partition });
    this.openCount -= this.lines.get(name)?.queue.filter(({ open }) => open).length ?? 0;
    this.lines.delete(name);
  }

  private enter(line: Line, record: IncomingRecord, open: boolean): void {
    const known = line.byOffset.get(record.offset);
    if (known) {
      if (!open) this.close(known);
      return;
    }
    const mark = { record, open, failures: 0 };
    line.queue.push(mark);
    line.byOffset.set(record.offset, mark);
    if (open) this.openCount += 1;
  }

  private close(mark: Mark): void {
    if (!mark.open) return;
    mark.open = false;
    this.openCount -= 1;
  }

  private advanceAll(
    records: readonly IncomingRecord[],
    moved: Map<string, IncomingRecord>,
  ): Map<string, IncomingRecord> {
    for (const name of new Set(records.map(nameOf))) {
      const line = this.lines.get(name);
      const last = line && this.advance(name, line);
      if (last) moved.set(name, last);
    }
    return moved;
  }

  private advance(name: string, line: Line): IncomingRecord | undefined {
    const firstOpen = line.queue.findIndex((mark) => mark.open);
    const passed = line.queue.splice(0, firstOpen < 0 ? line.queue.length : firstOpen);
    for (const { record } of passed) line.byOffset.delete(record.offset);
    if (line.queue.length === 0) this.lines.delete(name);
    return passed.at(-1)?.record;
  }

  private markOf(record: IncomingRecord): Mark | undefined {
    return this.lines.get(nameOf(record))?.byOffset.get(record.offset);
  }

  private newLine(name: string): Line {
    const line: Line = { queue: [], byOffset: new Map() };
    this.lines.set(name, line);
    return line;
  }
}

function nameOf({ topic, partition }: Pick<IncomingRecord, 'topic' | 'partition'>): string {
  return `${topic}/${partition}`;
}
