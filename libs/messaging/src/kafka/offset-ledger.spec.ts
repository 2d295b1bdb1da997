import { describe, expect, it } from '@jest/globals';
import type { IncomingRecord } from '../port.js';
import { OffsetLedger } from './offset-ledger.js';

const record = (partition: number, offset: string): IncomingRecord => ({
  topic: 't',
  partition,
  offset,
  key: null,
  value: null,
  headers: {},
});

describe('offset ledger', () => {
  it('commits one after the last recorded record of each partition, once', () => {
    const ledger = new OffsetLedger();
    ledger.record([record(0, '4'), record(1, '9'), record(0, '5')]);

    expect(ledger.take()).toEqual([
      { topic: 't', partition: 0, offset: '6' },
      { topic: 't', partition: 1, offset: '10' },
    ]);
    expect(ledger.take()).toEqual([]);
  });

  it('counts beyond what a double can', () => {
    const ledger = new OffsetLedger();
    ledger.record([record(0, '9007199254740993')]);

    expect(ledger.take()).toEqual([{ topic: 't', partition: 0, offset: '9007199254740994' }]);
  });

  it('tries again what a failed commit did not bring, but never goes backwards', () => {
    const ledger = new OffsetLedger();
    ledger.record([record(0, '1'), record(1, '1')]);
    const failed = ledger.take();
    ledger.record([record(0, '7')]);

    ledger.putBack(failed);

    expect(ledger.take()).toEqual([
      { topic: 't', partition: 0, offset: '8' },
      { topic: 't', partition: 1, offset: '2' },
    ]);
  });

  it('forgets everything when the group has a new generation', () => {
    const ledger = new OffsetLedger();
    ledger.record([record(0, '1')]);
    ledger.clear();

    expect(ledger.take()).toEqual([]);
  });
});
