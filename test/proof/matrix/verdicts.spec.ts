import { describe, expect, it } from '@jest/globals';
import type { Story } from './support/story.js';
import { judge } from './support/verdicts.js';

const GTX = '01900000-0000-7000-8000-000000000001';
const PLAN = [
  { id: 'stock', participant: 'inventory', amount: 1 },
  { id: 'payment', participant: 'payments', amount: 10 },
  { id: 'fee', participant: 'payments', amount: 3 },
];
const rows = (state: string, times: readonly number[]): Story['branches'] =>
  PLAN.map(({ id, participant }, at) => ({ participant, branch: id, attempt: 1, state, at: times[at]! }));
const holding = (what: string, branch: string, is: number): Story['holdings'][number] => {
  return { what, opening: 100, is, held: 0, journal: is, branch };
};
const taken = PLAN.map(({ id, amount }) => ({ branch: id, amount: -amount }));

const COMMITTED: Story = {
  ...{ gtx: GTX, ended: true, state: 'COMMITTED', attempt: 1, heuristic: 'none' },
  attempts: [{ attempt: 1, mode: '2pc', decision: 'COMMIT', reason: null }],
  plan: PLAN,
  decided: { 1: 1 },
  branches: rows('COMMITTED', [1, 2, 3]),
  effects: taken,
  prepared: [],
  told: { 'coordinator-1': 'committed' },
  announced: { 1: ['COMMIT'] },
  holdings: [holding('sku', 'stock', 99), holding('payer', 'payment', 90), holding('fee', 'fee', 97)],
  client: { told: 'committed', orderStatus: 'CONFIRMED' },
  wanted: 'committed',
};
const COMPENSATED: Story = {
  ...COMMITTED,
  state: 'SAGA_COMPENSATED',
  attempts: [{ attempt: 1, mode: 'saga', decision: 'ABORT', reason: 'INSUFFICIENT_FUNDS' }],
  branches: [...rows('COMPENSATED', [6, 5, 4]).slice(0, 2), ...rows('FAILED', [1, 2, 3]).slice(2)],
  effects: [
    { branch: 'stock', amount: -1 },
    { branch: 'stock', amount: 1 },
    { branch: 'payment', amount: -10 },
    { branch: 'payment', amount: 10 },
  ],
  told: { 'coordinator-1': 'aborted' },
  announced: { 1: ['ABORT'] },
  holdings: [holding('sku', 'stock', 100), holding('payer', 'payment', 100), holding('fee', 'fee', 100)],
  client: { told: 'aborted', orderStatus: 'REJECTED' },
  wanted: 'aborted',
};
const DONE: Story = {
  ...COMMITTED,
  state: 'SAGA_COMPLETED',
  attempts: [{ attempt: 1, mode: 'saga', decision: 'COMMIT', reason: null }],
  branches: rows('DONE', [1, 2, 3]),
};

describe('a good story', () => {
  it.each([
    ['committed', COMMITTED],
    ['completed', DONE],
    ['compensated', COMPENSATED],
  ])('%s has nothing wrong', (_, story) => expect(judge([story])).toEqual({}));
});

describe('a corrupted story is refused by', () => {
  const branch = (id: string, change: object) => (story: Story) => ({
    branches: story.branches.map((row) => (row.branch === id ? { ...row, ...change } : row)),
  });
  const effect = (branchId: string, amount: number) => (story: Story) => ({
    effects: [...story.effects, { branch: branchId, amount }],
  });
  const held = (change: object) => (story: Story) => ({
    holdings: story.holdings.map((row, at) => (at === 1 ? { ...row, ...change } : row)),
  });

  it.each<[string, string, Story, (story: Story) => Partial<Story>]>([
    ['I1', 'a branch aborted under COMMIT', COMMITTED, branch('fee', { state: 'ABORTED' })],
    ['I1', 'a branch committed under ABORT', COMPENSATED, branch('stock', { state: 'COMMITTED' })],
    ['I1', 'a branch without a row under COMMIT', COMMITTED, (s) => ({ branches: s.branches.slice(1) })],
    ['I1', 'a step done under ABORT', COMPENSATED, branch('payment', { state: 'DONE' })],
    ['I2', 'two decisions in the timeline', COMMITTED, () => ({ decided: { 1: 2 } })],
    ['I2', 'a topic that says otherwise', COMMITTED, () => ({ announced: { 1: ['COMMIT', 'ABORT'] } })],
    ['I2', 'a coordinator that says otherwise', COMMITTED, () => ({ told: { 'coordinator-2': 'aborted' } })],
    ['I2', 'a coordinator that does not know', COMMITTED, () => ({ told: { 'coordinator-2': null } })],
    ['I3', 'one that has not ended', COMMITTED, () => ({ ended: false, state: 'COMMITTING' })],
    ['I3', 'a heuristic', COMMITTED, () => ({ heuristic: 'mixed' })],
    ['I4', 'a gid left behind', COMMITTED, () => ({ prepared: ['concordat:payments:x:1:fee'] })],
    ['I4', 'a reservation left behind', COMPENSATED, branch('fee', { state: 'PREPARED' })],
    ['I5', 'an effect twice', COMMITTED, effect('payment', -10)],
    ['I5', 'no effect on commit', COMMITTED, () => ({ effects: taken.slice(1) })],
    ['I5', 'an effect on abort', COMPENSATED, effect('fee', -3)],
    ['I5', 'a compensation twice', COMPENSATED, effect('stock', 1)],
    ['I6', 'money that is gone', COMMITTED, held({ is: 80, journal: 80 })],
    ['I6', 'money that is held', COMMITTED, held({ held: 10 })],
    ['I6', 'a balance that its journal does not know', COMMITTED, held({ journal: 100 })],
    ['I7', 'steps in the wrong order', DONE, branch('stock', { at: 9 })],
    ['I7', 'compensations in forward order', COMPENSATED, branch('stock', { at: 1 })],
    ['I7', 'a step done in a compensated saga', COMPENSATED, branch('payment', { state: 'DONE' })],
    ['I9', 'a client told otherwise', COMMITTED, () => ({ client: { told: 'aborted', orderStatus: null } })],
    ['I9', 'an order still pending', COMMITTED, () => ({ client: { told: null, orderStatus: 'PENDING' } })],
    ['meant', 'an abort that was to be a commit', COMPENSATED, () => ({ wanted: 'committed' })],
  ])('%s: %s', (name, _, story, corrupt) => {
    expect(Object.keys(judge([COMMITTED, { ...story, ...corrupt(story) }]))).toContain(name);
  });
});
