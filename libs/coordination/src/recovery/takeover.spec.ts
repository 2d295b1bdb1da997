import { describe, expect, it } from '@jest/globals';
import { noFaultPoints, noMetrics, silentLog } from '#observability';
import type { ClaimOptions, StoredTransaction } from '#persistence';
import { begin } from '#protocol';
import { DEFAULT_OPTIONS } from '../deps.js';
import type { EngineDeps } from '../deps.js';
import type { Journal } from '../drive/journal.js';
import { DriveTable } from '../drive/table.js';
import { Wheel } from '../drive/wheel.js';
import { SteppedClock, settled } from '../housekeeping/stepped-clock.fixture.js';
import { Takeover } from './takeover.js';

const SIZE = 4;

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

/** A ledger with five windows of transactions that nobody drives, whose participants are silent. */
function backlog() {
  const clock = new SteppedClock();
  const table = new DriveTable(clock, new Wheel(clock, () => undefined), 'me');
  const claims: ClaimOptions[] = [];
  const doubtful: string[] = [];
  let left = 5 * SIZE;
  let broken = false;
  const claim = async (options: ClaimOptions): Promise<readonly StoredTransaction[]> => {
    claims.push(options);
    if (broken) throw new Error('the answer is lost');
    const taken = Math.min(left, options.limit);
    left -= taken;
    return Array.from({ length: taken }, (_, at) => stored(`t${claims.length}-${at}`));
  };
  const load = async (gtxs: readonly string[]) => gtxs.map(stored);
  const ports = { ledger: { claim, load }, clock, log: silentLog, metrics: noMetrics, faults: noFaultPoints };
  const journal = { takeDoubtful: () => doubtful.splice(0), doubt: () => undefined };
  const takeover = new Takeover(
    ports as unknown as EngineDeps,
    { ...DEFAULT_OPTIONS, recoveryWindow: SIZE },
    'me',
    table,
    journal as unknown as Journal,
    { launch: async () => undefined, dead: () => ['dead'], hears: () => true, working: () => true },
  );
  return { clock, table, takeover, claims, doubtful, breaks: (now: boolean) => (broken = now) };
}

describe('a takeover', () => {
  it('takes one window of a backlog, and by itself the next when the first has left', async () => {
    const { clock, takeover, claims } = backlog();
    expect(await takeover.sweep()).toBe(SIZE);
    expect(claims).toHaveLength(1);
    while (clock.nowMs() < 80) await clock.step();
    expect(claims).toHaveLength(1);
    while (clock.nowMs() < 120) await clock.step();
    expect(claims.map(({ limit }) => limit)).toEqual([SIZE, SIZE]);
  });

  it('makes good a write that failed although the window is full', async () => {
    const { table, takeover, claims, doubtful } = backlog();
    await takeover.sweep();
    doubtful.push('doubtful');
    expect(await takeover.sweep()).toBe(1);
    expect(table.get('doubtful')?.mine).toBe(true);
    expect(claims).toHaveLength(1);
  });

  it('looks for its own after a claim that failed, until one found all there was', async () => {
    const { clock, takeover, claims, breaks } = backlog();
    breaks(true);
    await expect(takeover.sweep()).rejects.toThrow('the answer is lost');
    breaks(false);
    await takeover.sweep();
    while (claims.length < 3) await clock.step();
    expect(claims.map(({ deadInstances }) => deadInstances)).toEqual([
      ['dead'],
      ['dead', 'me'],
      ['dead', 'me'],
    ]);
    expect(claims[2]!.driven).toHaveLength(SIZE);
  });

  it('takes nothing more once it is stopped', async () => {
    const { clock, takeover, claims } = backlog();
    await takeover.sweep();
    await takeover.stop();
    clock.pass(1_000);
    await takeover.sweep();
    await settled();
    expect(claims).toHaveLength(1);
  });
});
