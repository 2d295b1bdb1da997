import { afterAll, describe, expect, it } from '@jest/globals';
import {
  addSagaOnly, addTcc, addXa, corrupted, CORRUPTIONS, explore, historiesOf, latestOf, submission, TraceRecorder,
  tracesOfWorld, validateHistories, walk, World,
} from '#testkit'; // prettier-ignore
import type { TransactionHistory } from '#testkit';
import type { BeginRequestInput } from '#wire';
import { assignmentOf, writeFragment } from '../../../tools/proof/fragment.js';
import type { Fragment } from '../../../tools/proof/fragment.js';
import { eventually } from '../../support/eventually.js';

/**
 * The layer "traces": durable events against the public specification of two-phase commit and that of saga order.
 * Repeat a run with PROOF_SEED.
 */
const { size, seed, fragmentFile } = assignmentOf('traces');
const SEED = seed ?? Date.now() % 1_000_000_000;
const WALKS = size === 'ci' ? 10_000 : 200_000;
const FALSE_ONES = size === 'ci' ? 100 : 2_000;
const TRANSACTIONS = size === 'ci' ? 300 : 5_000;
const REPLAY = `PROOF_SEED=${SEED} npx jest --testPathPatterns test/proof/traces`;

const figures: Record<string, number> = { seed: SEED };
const checks: Fragment['checks'] = [];

/** Writes down what was seen, for the report, then demands it. */
function check(name: string, wrong: readonly unknown[]): void {
  const detail = wrong.length > 0 ? { detail: JSON.stringify(wrong.slice(0, 3)), replay: REPLAY } : {};
  checks.push({ name, ok: wrong.length === 0, ...detail });
  expect(wrong).toEqual([]);
}

const count = (name: string, more: number): number => (figures[name] = (figures[name] ?? 0) + more);

afterAll(() => writeFragment(fragmentFile, { layer: 'traces', figures, checks }));

describe(`traces (seed ${SEED})`, () => {
  it('the specification is the public one', () => {
    const three = explore(3);
    const six = explore(6);
    Object.assign(figures, {
      'states for 3 participants': three.distinct,
      'generated for 3': three.generated,
      'depth for 3': three.depth,
      'states for 6': six.distinct,
    });
    const wrong = [
      ...(three.distinct === 288 && three.generated === 1_146 && three.depth === 11 ? [] : [three]),
      ...(six.distinct === 50_816 ? [] : [six]),
      ...(three.inconsistent + six.inconsistent === 0 ? [] : ['TCConsistent is violated']),
    ];
    check('the port has the states of the public specification', wrong);
  });

  it('accepts what the real transition functions do under a bad network', () => {
    const wrong: unknown[] = [];
    for (let at = 0; at < WALKS; at += 1) {
      const history = walk(SEED + at);
      const whole = validateHistories([history]);
      const latest = validateHistories([latestOf(history)]);
      count('traces accepted from whole logs', whole.traces);
      count('traces accepted from latest rows', latest.traces);
      wrong.push(
        ...[...whole.rejected, ...latest.rejected].map(({ reason }) => ({ walk: SEED + at, reason })),
      );
    }
    check('every walk of the transition functions is a behaviour of the specifications', wrong);
  });

  it('rejects each kind of false event', () => {
    const wrong: unknown[] = [];
    for (const [name, corruption] of Object.entries(CORRUPTIONS)) {
      let tried = 0;
      for (let at = SEED; tried < FALSE_ONES; at += 1) {
        const history = corrupted(walk(at), corruption);
        if (!history) continue;
        tried += 1;
        if (validateHistories([history]).rejected.length === 0) wrong.push({ name, walk: at });
      }
      count('false histories tried', tried);
    }
    figures['kinds of false events'] = Object.keys(CORRUPTIONS).length;
    check('every false event is rejected', wrong);
  });

  it('accepts what engines, broker and participants do, while a coordinator dies', async () => {
    const recorder = new TraceRecorder();
    const world = new World({ watcher: recorder.watcher, engine: { heartbeatMs: 50, deadAfterMs: 250 } });
    try {
      recorder.attach(world.ledgerStore);
      await trade(world);
      const rows = await tracesOfWorld({ ...world, participants: PARTICIPANTS });
      const whole = recorder.histories();
      check('every transaction of the world left a whole log that is accepted', await rejectedOf(whole));
      check('so do its rows', await rejectedOf(historiesOf(rows)));
    } finally {
      await world.close();
    }
  });
});

async function rejectedOf(histories: readonly TransactionHistory[]): Promise<readonly unknown[]> {
  const { traces, rejected } = validateHistories(histories);
  count('traces accepted from a world', traces);
  return traces >= TRANSACTIONS ? rejected : [`only ${traces} traces`, ...rejected];
}

const PARTICIPANTS = ['xa', 'tcc', 'late'];
const branch = (id: string, participant: string, over: object = {}) => ({
  ...{ id, participant, operation: 'add' },
  payload: { key: id, amount: 5, ...over },
});
const pair = (over: object = {}) => [branch('one', 'xa'), branch('two', 'tcc', over)];
const REQUESTS: readonly BeginRequestInput[] = [
  { branches: pair() },
  { branches: pair({ refuse: true }) },
  { branches: pair(), mode: 'saga' },
  { branches: pair({ refuse: true }), mode: 'saga' },
  { branches: [...pair(), branch('three', 'late')], fallback: 'saga' },
  { branches: [...pair({ refuse: true }), branch('three', 'late')], fallback: 'saga' },
];

/** One coordinator is killed in the middle; the other one takes over. */
async function trade(world: World): Promise<void> {
  await world.participant('xa', [addXa]);
  await world.participant('tcc', [addTcc]);
  await world.participant('late', [addSagaOnly]);
  const mortal = await world.engine('c1');
  const heir = await world.engine('c2');
  await world.registered(...PARTICIPANTS);
  const gtxs: string[] = [];
  for (let at = 0; at < TRANSACTIONS; at += 1) {
    const engine = at < TRANSACTIONS / 2 ? mortal : heir;
    const { stored } = await engine.desk.submit(submission(REQUESTS[at % REQUESTS.length]!));
    gtxs.push(stored.tx.gtx);
    if (at === Math.floor(TRANSACTIONS / 2) - 1) world.crash('c1');
  }
  for (const gtx of gtxs) await eventually(async () => Boolean((await world.stored(gtx))?.endedAt), 60_000);
}
