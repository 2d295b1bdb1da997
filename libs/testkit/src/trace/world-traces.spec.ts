import { afterEach, describe, expect, it } from '@jest/globals';
import { systemClock, systemRandom } from '#observability';
import { MemoryLedger } from '#persistence';
import type { BeginRequestInput } from '#wire';
import { addSagaOnly, addTcc, addXa } from '../operations.js';
import { submission, World } from '../world.js';
import { historiesOf } from './collect.js';
import type { BranchTraceRow, TraceRows } from './collect.js';
import { TraceRecorder } from './recorder.js';
import { tracesOfWorld } from './twins.js';
import { validateHistories } from './validate.js';

const PARTICIPANTS = ['xa', 'tcc', 'late'];
const branch = (id: string, participant: string, over: object = {}) => ({
  ...{ id, participant, operation: 'add' },
  payload: { key: 'k', amount: 5, ...over },
});
const pair = (over: object = {}) => [branch('one', 'xa'), branch('two', 'tcc', over)];
const REQUESTS: readonly BeginRequestInput[] = [
  { branches: pair() },
  { branches: pair({ refuse: true }) },
  { branches: pair(), mode: 'saga' },
  { branches: pair({ refuse: true }), mode: 'saga' },
  { branches: [...pair(), branch('three', 'late')], fallback: 'saga' },
  { branches: pair({ refuse: true }), fallback: 'saga' },
];

let world: World;
afterEach(() => world.close());

/** One transaction of each request, an orphan's tombstone, and whatever these left behind. */
async function run(): Promise<{ recorder: TraceRecorder; rows: TraceRows }> {
  const recorder = new TraceRecorder();
  world = new World({ watcher: recorder.watcher });
  recorder.attach(world.ledgerStore);
  await world.participant('xa', [addXa]);
  await world.participant('tcc', [addTcc]);
  await world.participant('late', [addSagaOnly]);
  const engine = await world.engine('c1');
  await world.registered(...PARTICIPANTS);
  for (const request of REQUESTS) {
    const { stored } = await engine.desk.submit(submission(request));
    expect(await engine.awaitStage(stored, 'applied', 4_000)).not.toBeNull();
  }
  const ledger = new MemoryLedger({ store: world.ledgerStore, clock: systemClock, instanceId: 'c2' });
  await ledger.plantTombstones([systemRandom.uuidv7()], 'UNKNOWN');
  return { recorder, rows: await tracesOfWorld({ ...world, participants: PARTICIPANTS }) };
}

/** The fallback has two attempts; a refusal allows none. */
const ATTEMPTS = 1 + 1 + 1 + 1 + 2 + 1 + 1;

describe('what a world leaves behind', () => {
  it('is accepted from its rows, and from its whole log', async () => {
    const { recorder, rows } = await run();

    expect(validateHistories(historiesOf(rows))).toEqual({ traces: ATTEMPTS, excused: 0, rejected: [] });
    expect(validateHistories(recorder.histories())).toEqual({ traces: ATTEMPTS, excused: 0, rejected: [] });
  });

  it('is rejected when one row says something else', async () => {
    const { rows } = await run();
    const flips = rows.branches.flatMap((row) => {
      const state = FLIPPED[row.state];
      return state === undefined ? [] : { row, state };
    });

    expect(flips.length).toBeGreaterThanOrEqual(8);
    for (const { row, state } of flips) {
      const { rejected } = validateHistories(historiesOf(withState(rows, row, state)));
      expect(rejected).toMatchObject([{ gtx: row.gtx }]);
    }
  });

  it('is rejected when a row is gone, a gid is left, or a branch lost its vote', async () => {
    const { rows } = await run();
    const committed = rows.branches.find(({ state }) => state === 'COMMITTED')!;
    const { gtx, branch: id, participant } = committed;
    const gone = { ...rows, branches: rows.branches.filter((row) => row !== committed) };
    const gids = [`concordat:${participant}:${gtx}:1:${id}`];

    for (const wrong of [gone, { ...gone, gids }, withState(rows, committed, 'LOST')])
      expect(validateHistories(historiesOf(wrong)).rejected).toMatchObject([{ gtx }]);
  });

  it('excuses a lost branch only where databases may lose', async () => {
    const { rows } = await run();
    const committed = rows.branches.find(({ state }) => state === 'COMMITTED')!;
    const histories = historiesOf(withState(rows, committed, 'LOST'));

    expect(validateHistories(histories, { lossesPossible: true })).toMatchObject({
      excused: 1,
      rejected: [],
    });
  });
});

const FLIPPED: Readonly<Record<string, string>> = {
  COMMITTED: 'ABORTED',
  ABORTED: 'COMMITTED',
  DONE: 'COMPENSATED',
  COMPENSATED: 'DONE',
};

const withState = (rows: TraceRows, row: BranchTraceRow, state: string): TraceRows => ({
  ...rows,
  branches: rows.branches.map((one) => (one === row ? { ...one, state } : one)),
});
