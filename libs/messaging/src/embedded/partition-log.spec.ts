import { describe, expect, it } from '@jest/globals';
import type { IncomingRecord } from '../port.js';
import { PartitionLog } from './partition-log.js';

function logOf(...entries: [key: string, value: string | null][]): PartitionLog {
  const log = new PartitionLog('t', 0);
  for (const [key, value] of entries) {
    log.append({ key, value: value === null ? null : Buffer.from(value), headers: {} });
  }
  return log;
}

function read(log: PartitionLog, offset: number, maxRecords = 100) {
  const records: IncomingRecord[] = [];
  const next = log.readInto(records, offset, maxRecords);
  return { next, offsets: records.map((record) => Number(record.offset)) };
}

describe('partition log', () => {
  it('reads from an offset, at most as many as asked, and says where to go on', () => {
    const log = logOf(['a', '1'], ['b', '2'], ['c', '3'], ['d', '4']);

    expect(read(log, 1, 2)).toEqual({ offsets: [1, 2], next: 3 });
    expect(read(log, 3)).toEqual({ offsets: [3], next: 4 });
    expect(read(log, 4)).toEqual({ offsets: [], next: 4 });
  });

  it('keeps offsets when the oldest records are dropped', () => {
    const log = logOf(['a', '1'], ['b', '2'], ['c', '3']);

    log.dropBelow(2);

    expect([log.start, log.end, log.size]).toEqual([2, 3, 1]);
    expect(read(log, 0)).toEqual({ offsets: [2], next: 3 });
  });

  it('finds its way over the gaps that compaction leaves', () => {
    const log = logOf(['a', '1'], ['b', '1'], ['a', '2'], ['c', '1'], ['b', null], ['a', '3'], ['d', '1']);

    log.compactBelow(log.end);

    expect(read(log, 0)).toEqual({ offsets: [3, 5, 6], next: 7 });
    expect(read(log, 4)).toEqual({ offsets: [5, 6], next: 7 });
    expect(read(log, 4, 1)).toEqual({ offsets: [5], next: 6 });
  });

  it('does not compact what some group has still to read', () => {
    const log = logOf(['a', '1'], ['a', '2'], ['a', null]);

    log.compactBelow(1);

    expect(read(log, 0)).toEqual({ offsets: [1, 2], next: 3 });
  });
});
