import { describe, expect, it } from '@jest/globals';
import { begin } from '#protocol';
import type { StoredTransaction } from '#persistence';
import { DriveTable } from '../drive/table.js';
import { Wheel } from '../drive/wheel.js';
import { SteppedClock } from '../housekeeping/stepped-clock.fixture.js';
import { RecoveryWindow } from './recovery-window.js';

const SIZE = 8;

const stored = (gtx: string): StoredTransaction => ({
  tx: begin({
    ...{ gtx, mode: '2pc', fallback: 'none', timeoutMs: 600_000, ledgerEpoch: 0 },
    branches: [
      { id: 'a', participant: 'p', operation: 'o', payload: {}, kind: 'compensatable', after: undefined },
    ],
  }),
  ...{ driver: 'me', deadlineLeftMs: 600_000, deadline: '', tries: 0, businessKey: null, description: null },
  ...{ bodyHash: null, tombstone: false, initiator: null, traceparent: null, createdAt: '', updatedAt: '' },
  ...{ ageMs: 0, endedAt: null },
});

/** A window that is full of transactions of one participant. */
function full(hears: () => boolean = () => true) {
  const clock = new SteppedClock();
  const table = new DriveTable(clock, new Wheel(clock, () => undefined), 'me');
  const window = new RecoveryWindow(table, clock, hears, SIZE);
  const entries = Array.from({ length: SIZE }, (_, at) => table.put(stored(`t${at}`)));
  window.launched(entries);
  const answering = (): void => table.answered(entries[0]!, 'p', false);
  return { table, window, clock, answering };
}

describe('the recovery window', () => {
  it('has room again when a part worth a claim has left this process', () => {
    const { table, window } = full();
    expect(window.room()).toBe(0);
    table.drop('t0');
    expect(window.room()).toBe(0);
    table.drop('t1');
    expect(window.room()).toBe(2);
  });

  it('is not held by what nobody answers', () => {
    const { window, clock } = full();
    clock.pass(99);
    expect(window.room()).toBe(0);
    clock.pass(1);
    expect(window.room()).toBe(SIZE);
  });

  it('is held longer by what is being answered, but not for ever', () => {
    const { window, clock, answering } = full();
    clock.pass(200);
    answering();
    expect(window.room()).toBe(0);
    clock.pass(50);
    answering();
    expect(window.room()).toBe(SIZE);
  });

  it('stays full while this process hears nothing', () => {
    let hears = false;
    const { window, clock } = full(() => hears);
    clock.pass(60_000);
    expect(window.room()).toBe(0);
    hears = true;
    expect(window.room()).toBe(SIZE);
  });
});
