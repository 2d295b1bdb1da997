/** What operators may do, what is refused with which evidence, and that each call leaves its audit row (protocol.md §9). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { systemRandom } from '#observability';
import { willing } from './scripted-participant.js';
import { World, branch, eventually, plan, type Answer, type Shown } from './world.js';

interface Listed<T = Record<string, unknown>> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

let world: World;
beforeAll(async () => {
  world = await World.start('coordinator-recovery');
});
afterAll(() => world.end());
beforeEach(() => {
  world.stock.script = willing;
  world.money.script = willing;
});

const reason = { reason: 'the test wants it' };
const silent = (id: string) => branch(id, 'stock', { payload: { silent: true } });
const operate = (id: string, action: string, body: unknown = reason, query = '') =>
  world.post(`/v1/recovery/transactions/${id}/${action}${query}`, body, { 'x-concordat-caller': 'ada' });
const recover = (path: string, body: unknown = reason, headers: Record<string, string> = {}) =>
  world.post(`/v1/recovery/${path}`, body, headers);

/** A 2PC that waits for stock's vote, money's is in. */
async function beginWaiting(): Promise<string> {
  const body = { timeoutMs: 60_000, branches: [silent('a'), branch('b', 'money')] };
  const { id } = (await world.post<Shown>('/v1/transactions', body)).body;
  await world.until(id, ({ branches }) => branches[1]?.state === 'PREPARED');
  return id;
}

async function beginEnded(): Promise<string> {
  return (await world.post<Shown>('/v1/transactions?wait=applied', plan())).body.id;
}

async function lastAudit(): Promise<Record<string, unknown>> {
  return (await world.get<Listed>('/v1/recovery/audit?limit=1')).body.items[0]!;
}

function expectRefused(answer: Answer, code: string): void {
  expect(answer.status).toBe(409);
  expect(answer.body).toMatchObject({ code: `CONCORDAT_${code}` });
  expect(answer.body['evidence']).toBeDefined();
}

describe('the list of what is in doubt', () => {
  it('holds an undecided transaction with its votes, and what waits, until it ends', async () => {
    const id = await beginWaiting();
    const find = async (query = '') =>
      (await world.get<Listed>(`/v1/recovery/in-doubt${query}`)).body.items.find((item) => item['id'] === id);

    expect(await find()).toMatchObject({
      state: 'PREPARING',
      inDoubt: [
        { type: 'PREPARE', branch: 'a' },
        { type: 'PREPARE', branch: 'b' },
      ],
      evidence: { decision: null, drivenHere: true, votes: [{ branch: 'b', vote: 'YES', code: null }] },
    });
    expect(await find('?olderThanMs=3600000')).toBeUndefined();
    expect(await find('?participant=stock')).toMatchObject({ inDoubt: [{ participant: 'stock' }] });
    expect(await find('?participant=nobody')).toBeUndefined();

    await operate(id, 'force-abort');
    await world.until(id, ({ endedAt }) => endedAt !== null);
    expect(await find()).toBeUndefined();
  });

  it('holds a decided transaction while a branch has not acknowledged', async () => {
    world.stock.script = (command) => (command.type === 'COMMIT' ? null : willing(command));
    const { id } = (await world.post<Shown>('/v1/transactions?wait=decided', plan())).body;

    const { body } = await world.get<Listed>('/v1/recovery/in-doubt?participant=stock');

    expect(body.items).toMatchObject([{ id, inDoubt: [{ type: 'COMMIT', branch: 'a' }] }]);
    world.stock.script = willing;
    await operate(id, 'retry');
    await world.until(id, ({ endedAt }) => endedAt !== null);
  });
});

describe('force-abort', () => {
  it('aborts what is undecided, under the name and for the reason given', async () => {
    const id = await beginWaiting();

    const answer = await operate(id, 'force-abort');

    expect(answer).toMatchObject({ status: 200, body: { id, action: 'force-abort', dryRun: false } });
    expect(await world.until(id, ({ endedAt }) => endedAt !== null)).toMatchObject({
      outcome: 'aborted',
      attempts: [{ decision: 'ABORT', reason: 'FORCE_ABORT' }],
    });
    expect(await lastAudit()).toMatchObject({
      action: 'force-abort',
      gtx: id,
      caller: 'ada',
      reason: reason.reason,
      dryRun: false,
      accepted: true,
    });
  });

  it('never changes a decision: 409 with the evidence, audited', async () => {
    const id = await beginEnded();

    expectRefused(await operate(id, 'force-abort'), 'ALREADY_DECIDED');

    expect(await world.until(id, () => true)).toMatchObject({ outcome: 'committed' });
    expect(await lastAudit()).toMatchObject({ action: 'force-abort', accepted: false });
  });

  it('as a dry run says what would happen and does nothing but its audit row', async () => {
    const id = await beginWaiting();

    const answer = await operate(id, 'force-abort', reason, '?dryRun=1');

    expect(answer).toMatchObject({ status: 200, body: { dryRun: true, effect: 'state becomes ABORTING' } });
    expect(await world.until(id, () => true)).toMatchObject({ state: 'PREPARING', outcome: null });
    expect(await lastAudit()).toMatchObject({ action: 'force-abort', dryRun: true, accepted: true });
    await operate(id, 'force-abort');
  });
});

describe('force-commit', () => {
  it('asks for the votes again, and commits once every branch says YES', async () => {
    const id = await beginWaiting();
    world.stock.script = (command) =>
      willing(command.type === 'PREPARE' ? { ...command, payload: {} } : command);

    expect(await operate(id, 'force-commit')).toMatchObject({ status: 200 });

    expect(await world.until(id, ({ endedAt }) => endedAt !== null)).toMatchObject({ outcome: 'committed' });
  });

  it('is refused while a branch does not vote', async () => {
    const id = await beginWaiting();
    expectRefused(await operate(id, 'force-commit'), 'VOTES_MISSING');
    expect(await world.until(id, () => true)).toMatchObject({ outcome: null });
    await operate(id, 'force-abort');
  });

  it('is refused for a saga', async () => {
    world.stock.script = () => null;
    const { id } = (await world.post<Shown>('/v1/transactions', plan({ mode: 'saga' }))).body;
    expectRefused(await operate(id, 'force-commit'), 'NOT_2PC');
    world.stock.script = willing;
    await operate(id, 'retry');
    await world.until(id, ({ endedAt }) => endedAt !== null);
  });
});

describe('retry and forget', () => {
  it('retry is always safe', async () => {
    const id = await beginEnded();
    expect((await operate(id, 'retry')).status).toBe(200);
    expect(await world.until(id, () => true)).toMatchObject({ outcome: 'committed' });
  });

  it('forget is refused while something is unresolved, then tells the participants', async () => {
    const waiting = await beginWaiting();
    expectRefused(await operate(waiting, 'forget'), 'UNRESOLVED');
    await operate(waiting, 'force-abort');

    const id = await beginEnded();
    expect((await operate(id, 'forget')).status).toBe(200);
    await eventually(() => world.stock.commands.some(({ type, gtx }) => type === 'FORGET' && gtx === id));
  });
});

describe('a quarantined transaction', () => {
  it('is resolved by evidence, and only then goes on', async () => {
    world.stock.script = (command) =>
      command.type === 'COMMIT' ? { type: 'ACK', state: 'LOST', output: null } : willing(command);
    const { id } = (await world.post<Shown>('/v1/transactions?wait=decided', plan())).body;
    await world.until(id, ({ state }) => state === 'QUARANTINED');
    const resolution = { ...reason, attempt: 1, branch: 'a', state: 'COMMITTED' };

    expectRefused(await operate(id, 'resolve', { ...resolution, branch: 'zzz' }), 'UNKNOWN_BRANCH');
    expectRefused(await operate(id, 'forget'), 'UNRESOLVED');
    expect((await operate(id, 'resolve', resolution)).status).toBe(200);

    expect(await world.until(id, ({ endedAt }) => endedAt !== null)).toMatchObject({
      state: 'COMMITTED',
      heuristic: 'hazard',
    });
  });

  it('resolve is refused where nothing is quarantined', async () => {
    const id = await beginEnded();
    const resolution = { ...reason, attempt: 1, branch: 'a', state: 'ABORTED' };
    expectRefused(await operate(id, 'resolve', resolution), 'NOTHING_TO_RESOLVE');
  });
});

describe('recovery hold', () => {
  it('bars BEGIN with 503 and inquiries with UNKNOWN until release, and can raise the epoch', async () => {
    const dry = await recover('hold?dryRun=1');
    expect(dry.body).toMatchObject({ dryRun: true, hold: false, epoch: 1 });

    expect((await recover('hold', { ...reason, raiseEpoch: true })).body).toMatchObject({
      hold: true,
      epoch: 2,
    });

    const begun = await world.post('/v1/transactions', plan());
    expect(begun).toMatchObject({ status: 503, body: { code: 'CONCORDAT_HELD' } });
    expect(begun.headers.get('retry-after')).not.toBeNull();
    const gtx = systemRandom.uuidv7();
    const inquiry = { gtx, attempt: 1, branch: 'a', participant: 'stock', ledgerEpoch: 1 };
    expect((await world.post('/v1/inquiries', inquiry)).body).toEqual({ outcome: 'UNKNOWN' });
    expect((await world.get('/v1/recovery')).body).toMatchObject({ hold: true, epoch: 2 });

    expect((await recover('release')).body).toMatchObject({ hold: false, epoch: 2 });
    expect((await world.post('/v1/transactions', plan())).status).toBe(202);
    expect(await lastAudit()).toMatchObject({ action: 'release', accepted: true });
  });
});

describe('every recovery call', () => {
  it.each([
    ['no reason', {}, {}, 400],
    ['an empty reason', { reason: '' }, {}, 400],
    ['an unknown field', { ...reason, force: true }, {}, 400],
    ['an unprintable caller', reason, { 'x-concordat-caller': 'a\tb' }, 400],
    ['a reason', reason, {}, 200],
  ])('with %s', async (_what, body, headers, status) => {
    expect((await recover('scan', body, headers)).status).toBe(status);
  });

  it('names the remote address where the caller does not name itself', async () => {
    await recover('scan');
    expect(await lastAudit()).toMatchObject({ action: 'scan', caller: '127.0.0.1' });
  });

  it('for an unknown transaction is 404, a malformed id 400', async () => {
    expect((await operate(systemRandom.uuidv7(), 'retry')).status).toBe(404);
    expect((await operate('nonsense', 'retry')).status).toBe(400);
    expect((await operate(await beginEnded(), 'retry', reason, '?dryRun=maybe')).status).toBe(400);
  });

  it('is listed in the audit log, newest first, page by page', async () => {
    const first = (await world.get<Listed<{ id: string }>>('/v1/recovery/audit?limit=3')).body;
    const second = (
      await world.get<Listed<{ id: string }>>(`/v1/recovery/audit?limit=3&cursor=${first.nextCursor}`)
    ).body;
    const numbers = [...first.items, ...second.items].map(({ id }) => Number(id));
    expect(numbers).toEqual([...numbers].sort((a, b) => b - a));
    expect(new Set(numbers).size).toBe(6);
  });

  it('has a summary to begin with', async () => {
    const { body } = await world.get('/v1/recovery');
    expect(body).toMatchObject({ ready: true, inDoubt: expect.anything(), instances: { dead: [] } });
    expect(body['lastSweep']).not.toBeNull();
  });
});
