import { getHeapStatistics } from 'node:v8';
import { expect, it } from '@jest/globals';
import { begin, driveOf, step } from '#protocol';
import type { Drive, ProtocolEvent } from '#protocol';

const BURST = 64;
const BURSTS = 200;
/** 18 KiB when this was written; a third of room. */
const LIMIT_BYTES = 24_000;

const branch = (id: string) => ({
  ...{ id, participant: id, operation: 'add', payload: { amount: 1 }, kind: 'compensatable' as const },
  after: undefined,
});

const fresh = (serial: number): Drive =>
  driveOf(
    begin({
      gtx: `0190a000-0000-7000-8000-${String(serial).padStart(12, '0')}`,
      ...{ mode: '2pc', fallback: 'none', timeoutMs: 5_000, ledgerEpoch: 1 },
      branches: [branch('a'), branch('b')],
    }),
  );

const from = (id: string) => ({ attempt: 1, branch: id, participant: id, output: null });
const EVENTS: readonly ProtocolEvent[] = [
  { type: 'vote', ...from('a'), vote: 'YES', code: null, fault: null },
  { type: 'vote', ...from('b'), vote: 'YES', code: null, fault: null },
  { type: 'ack', ...from('a'), state: 'COMMITTED' },
  { type: 'ack', ...from('b'), state: 'COMMITTED' },
];

/** From the first vote to the end. */
function commit(drive: Drive): Drive {
  let now = drive;
  for (const event of EVENTS) {
    const transition = step(now, event);
    if (transition.kind === 'durable' || transition.kind === 'volatile') now = transition.drive;
  }
  return now;
}

/** Bytes of one burst; negative when the collector ran meanwhile. */
function allocatedBy(drives: readonly Drive[]): number {
  const before = getHeapStatistics().used_heap_size;
  for (const drive of drives) commit(drive);
  return getHeapStatistics().used_heap_size - before;
}

it('a committed transaction of two branches allocates a bounded amount in the protocol', () => {
  expect(commit(fresh(0)).tx.state).toBe('COMMITTED');
  const bursts = Array.from({ length: BURSTS }, (_, at) =>
    Array.from({ length: BURST }, (_, index) => fresh(at * BURST + index)),
  );

  const bytes = bursts.map(allocatedBy).filter((sum) => sum > 0);

  const median = bytes.sort((a, b) => a - b)[bytes.length >> 1] ?? Infinity;
  expect(median / BURST).toBeLessThanOrEqual(LIMIT_BYTES);
});
