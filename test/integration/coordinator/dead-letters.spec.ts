/** A refused message is kept with its reason, can be looked at, and gets a second chance. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemRandom } from '#observability';
import { encodeReply } from '#wire';
import { World, branch, eventually, type Shown } from './world.js';

interface Letter {
  readonly id: string;
  readonly reason: string;
  readonly topic: string;
  readonly requeuedAt: string | null;
  readonly truncated: boolean;
}

let world: World;
beforeAll(async () => {
  world = await World.start('coordinator-dead-letters');
});
afterAll(() => world.end());

const letters = async (query = ''): Promise<readonly Letter[]> =>
  (await world.get<{ items: Letter[] }>(`/v1/recovery/dead-letters${query}`)).body.items;
const requeue = (id: string, query = '') =>
  world.post(`/v1/recovery/dead-letters/${id}/requeue${query}`, { reason: 'try again' });

/** Publishes bytes on the replies topic and waits for the dead letter they become. */
async function refusedBytes(value: Buffer, headers: Record<string, string>, key = 'k'): Promise<Letter> {
  const known = new Set((await letters()).map(({ id }) => id));
  await world.bus.publish([{ topic: world.topics.replies, key, value, headers }]);
  let found: Letter | undefined;
  await eventually(async () => {
    found = (await letters()).find(({ id }) => !known.has(id));
    return found !== undefined;
  });
  return found!;
}

const vote = (gtx: string, participant: string) =>
  encodeReply({
    ...{ type: 'VOTE', participant, gtx, attempt: 1, branch: 'a', vote: 'YES' },
    ...{ noCode: null, code: null, message: null, output: null },
  });

describe('a refused message', () => {
  it.each([
    ['no JSON', Buffer.from('{'), { v: '1', type: 'VOTE', participant: 'stock' }, 'BAD_JSON'],
    [
      'an unknown version',
      Buffer.from('{}'),
      { v: '99', type: 'VOTE', participant: 'stock' },
      'UNKNOWN_VERSION',
    ],
    ['an unknown type', Buffer.from('{}'), { v: '1', type: 'SHRUG', participant: 'stock' }, 'UNKNOWN_TYPE'],
  ])('of %s is listed once, with the reason', async (_what, value, headers, reason) => {
    const letter = await refusedBytes(value, headers);
    expect(letter).toMatchObject({ reason, topic: world.topics.replies, truncated: false, requeuedAt: null });
    expect(await letters(`?reason=${reason}`)).toHaveLength(1);
    expect((await world.get<Letter>(`/v1/recovery/dead-letters/${letter.id}`)).body).toEqual(letter);
  });

  it('of the wrong participant changes nothing', async () => {
    const body = { branches: [branch('a', 'stock', { payload: { silent: true } })], timeoutMs: 60_000 };
    const { id } = (await world.post<Shown>('/v1/transactions', body)).body;
    const forged = vote(id, 'money');

    const letter = await refusedBytes(forged.value, { ...forged.headers }, id);

    expect(letter.reason).toBe('WRONG_PARTICIPANT');
    expect(await world.until(id, () => true)).toMatchObject({ outcome: null });
    await world.post(`/v1/recovery/transactions/${id}/force-abort`, { reason: 'test' });
  });
});

describe('requeue', () => {
  it('publishes the record again as it was, once, and says so in the list and the audit log', async () => {
    const letter = await refusedBytes(Buffer.from('nonsense'), {
      v: '1',
      type: 'VOTE',
      participant: 'stock',
    });
    const before = (await letters('?reason=BAD_JSON&limit=200')).length;

    const dry = await requeue(letter.id, '?dryRun=1');
    expect(dry).toMatchObject({ status: 200, body: { dryRun: true } });
    expect(await requeue(letter.id)).toMatchObject({ status: 200, body: { dryRun: false } });

    // It is still nonsense: refused again, as a new letter.
    await eventually(async () => (await letters('?reason=BAD_JSON&limit=200')).length === before + 1);
    expect(
      (await world.get<Letter>(`/v1/recovery/dead-letters/${letter.id}`)).body.requeuedAt,
    ).not.toBeNull();
    expect(await requeue(letter.id)).toMatchObject({
      status: 409,
      body: { code: 'CONCORDAT_REQUEUED_BEFORE' },
    });
    const audit = (await world.get<{ items: Record<string, unknown>[] }>('/v1/recovery/audit?limit=3')).body
      .items;
    expect(audit.map(({ action, accepted, dryRun }) => [action, accepted, dryRun])).toEqual([
      ['requeue', false, false],
      ['requeue', true, false],
      ['requeue', true, true],
    ]);
  });

  it('is refused for a record that was cut: it would not be the same one', async () => {
    const letter = await refusedBytes(Buffer.alloc(100_000, 'x'), {
      v: '1',
      type: 'VOTE',
      participant: 'stock',
    });
    expect(letter.truncated).toBe(true);
    const answer = await requeue(letter.id);
    expect(answer).toMatchObject({ status: 409, body: { code: 'CONCORDAT_TRUNCATED' } });
    expect(answer.body['evidence']).toMatchObject({ id: letter.id });
  });

  it('of an unknown letter is 404, of no number 400', async () => {
    expect((await requeue('999999')).status).toBe(404);
    expect((await requeue('x')).status).toBe(400);
    expect((await requeue(systemRandom.uuidv7())).status).toBe(400);
  });
});
