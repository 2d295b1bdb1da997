import { describe, expect, it } from '@jest/globals';
import { Gate, until } from './conformance/world.js';
import { MAX_OPEN, OpenRecords } from './open-records.js';
import { systemTimers } from './timers.js';
import type { IncomingRecord } from './port.js';

const record = (offset: number): IncomingRecord => ({
  topic: 't',
  partition: 0,
  offset: String(offset),
  key: null,
  value: null,
  headers: {},
});

function openRecords() {
  const passed: string[] = [];
  const failures: unknown[] = [];
  let changes = 0;
  const open = new OpenRecords({
    recorded: (upTo) => passed.push(...upTo.map(({ offset }) => offset)),
    onFailed: (error) => failures.push(error),
    onChange: () => (changes += 1),
    timers: systemTimers,
    backoff: { baseMs: 1, capMs: 1, jitter: 0 },
  });
  return { open, passed, failures, changes: () => changes };
}

describe('open records', () => {
  it('gives a record out again when its work fails, and still when everything it may hold is open', async () => {
    const { open, failures } = openRecords();
    const batch = Array.from({ length: MAX_OPEN }, (_, offset) => record(offset));
    const no = new Error('no');
    const never = new Gate().opened;
    open.handled(
      batch,
      batch.map((one, i) => ({ record: one, closed: i === 7 ? Promise.reject(no) : never })),
    );

    await until(() => open.hasFailed);

    expect(open.full).toBe(true);
    expect(failures).toEqual([no]);
    expect(open.takeFailed(10)).toEqual([batch[7]]);
  });

  it('gives nothing out again of a partition that others read', async () => {
    const { open, failures, passed } = openRecords();
    const gate = new Gate();
    const failing = gate.opened.then(() => Promise.reject(new Error('no')));
    const [first, second] = [record(0), record(1)];
    const works = [
      { record: first, closed: failing },
      { record: second, closed: gate.opened },
    ];
    open.handled([first, second], works);

    open.forget('t', 0);
    gate.open();
    await open.allClosed(1_000);

    expect([open.count, open.hasFailed]).toEqual([0, false]);
    expect([failures, passed]).toEqual([[], []]);
  });
});
