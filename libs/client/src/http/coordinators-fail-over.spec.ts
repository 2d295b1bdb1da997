import { describe, expect, it } from '@jest/globals';
import { silentLog } from '#observability';
import { createConcordatClient } from '../concordat-client.js';
import { ConcordatError } from '../errors.js';
import { countingRandom, ManualClock } from '../manual-clock.fixture.js';
import type { HttpAnswer, HttpCall } from './exchange.js';

const request = { branches: [{ id: 'a', participant: 'p', operation: 'o' }] };

function viewOf(call: HttpCall, outcome: 'committed' | 'aborted' | null = null) {
  const id = call.body === null ? call.url.split('/').at(-1) : JSON.parse(call.body).id;
  return {
    id,
    mode: '2pc',
    state: outcome === null ? 'PREPARING' : 'ABORTED',
    outcome,
    attempt: 1,
    attempts: [{ attempt: 1, mode: '2pc', decision: null, reason: outcome && 'OUT_OF_STOCK' }],
    branches: [],
    heuristic: 'none',
    createdAt: '2026-01-01T00:00:00Z',
  };
}

const answers = (status: number, body: unknown, retryAfterMs: number | null = null): HttpAnswer => ({
  status,
  body,
  retryAfterMs,
});

/** A client over a network that `reply` plays; undefined = connection refused. */
function clientOver(urls: string[], reply: (call: HttpCall, nth: number) => HttpAnswer | undefined) {
  const calls: HttpCall[] = [];
  const clock = new ManualClock();
  const client = createConcordatClient({
    initiator: 'tests',
    coordinatorUrls: urls,
    maxRounds: 3,
    clock,
    random: countingRandom(),
    log: silentLog,
    exchange: async (call) => {
      calls.push(call);
      const answer = reply(call, calls.length);
      if (answer === undefined) throw new Error('connect ECONNREFUSED');
      return answer;
    },
  });
  return { client: client.transactions, calls, clock };
}

const hosts = (calls: HttpCall[]) => calls.map(({ url }) => new URL(url).host);

describe('a request that meets a dead coordinator', () => {
  it('is the same transaction at the next one: same id, same key, same body', async () => {
    const { client, calls } = clientOver(['http://a', 'http://b'], (call) =>
      call.url.startsWith('http://a') ? undefined : answers(202, viewOf(call)),
    );

    const begun = await client.begin(request, { idempotencyKey: 'k1' });

    expect(hosts(calls)).toEqual(['a', 'b']);
    expect(calls[1]?.body).toBe(calls[0]?.body);
    expect(calls.map(({ headers }) => headers['idempotency-key'])).toEqual(['k1', 'k1']);
    expect(begun).toMatchObject({ id: JSON.parse(calls[0]!.body!).id, outcome: null });
  });

  it('asks the one that answered first from then on', async () => {
    const { client, calls } = clientOver(['http://a', 'http://b'], (call) =>
      call.url.startsWith('http://a') ? undefined : answers(202, viewOf(call)),
    );

    await client.begin(request);
    await client.begin(request);

    expect(hosts(calls)).toEqual(['a', 'b', 'b']);
  });

  it.each([429, 502, 503, 504])('goes on to the next one after status %i', async (status) => {
    const { client, calls } = clientOver(['http://a', 'http://b'], (call, nth) =>
      nth === 1 ? answers(status, {}) : answers(202, viewOf(call)),
    );

    await client.begin(request);

    expect(hosts(calls)).toEqual(['a', 'b']);
  });

  it('pauses after a whole round at least as long as the soonest Retry-After', async () => {
    const { client, calls, clock } = clientOver(['http://a', 'http://b'], (call, nth) =>
      nth <= 2 ? answers(429, {}, nth === 1 ? 7_000 : 3_000) : answers(202, viewOf(call)),
    );

    const begun = client.begin(request);
    await clock.advance(2_999);
    expect(calls).toHaveLength(2);
    await clock.advance(1);

    await expect(begun).resolves.toMatchObject({ outcome: null });
  });

  it('gives up after a bounded number of rounds, and says which id to ask with again', async () => {
    const { client, calls, clock } = clientOver(['http://a', 'http://b'], () => undefined);

    const begun = client.begin(request).catch((error: unknown) => error);
    await clock.advance(60_000);
    const error = (await begun) as ConcordatError;

    expect(calls).toHaveLength(6);
    expect(error).toBeInstanceOf(ConcordatError);
    expect(error).toMatchObject({ code: 'CONCORDAT_UNREACHABLE', retriable: true });
    expect(error.gtx).toBe(JSON.parse(calls[0]!.body!).id);
  });
});

describe('a refusal', () => {
  it('is not asked for twice, and carries the code, the faults and a remedy', async () => {
    const problem = {
      code: 'CONCORDAT_UNKNOWN_OPERATION',
      detail: 'p has no operation o',
      errors: [{ pointer: '/branches/0/operation', detail: 'unknown' }],
    };
    const { client, calls } = clientOver(['http://a', 'http://b'], () => answers(422, problem));

    const error = await client.begin(request).catch((caught: unknown) => caught);

    expect(calls).toHaveLength(1);
    expect(error).toMatchObject({
      code: 'CONCORDAT_UNKNOWN_OPERATION',
      status: 422,
      retriable: false,
      errors: problem.errors,
      remedy: expect.stringMatching(/./),
    });
  });

  it('of an invalid request needs no network, and lists every fault', async () => {
    const { client, calls } = clientOver(['http://a'], () => undefined);

    const begun = client.begin({ branches: [{ id: '!', participant: 'p', operation: '' }] });

    await expect(begun).rejects.toMatchObject({
      code: 'CONCORDAT_INVALID_REQUEST',
      errors: [{ pointer: '/branches/0/id' }, { pointer: '/branches/0/operation' }],
    });
    expect(calls).toEqual([]);
  });

  it('is an error of its own when something else than a coordinator answers', async () => {
    const { client } = clientOver(['http://a'], () => answers(200, undefined));

    await expect(client.begin(request)).rejects.toMatchObject({ code: 'CONCORDAT_BAD_ANSWER' });
  });
});

describe('waiting for an outcome', () => {
  it('tells the coordinator only what is left of the waiting time', async () => {
    const { client, calls, clock } = clientOver(['http://a'], (call, nth) =>
      nth === 1 ? undefined : answers(200, viewOf(call, 'aborted')),
    );

    const begun = client.begin(request, { wait: 'decided', waitMs: 5_000 });
    await clock.advance(100);

    await expect(begun).resolves.toMatchObject({ outcome: 'aborted', reason: 'OUT_OF_STOCK' });
    expect(calls.map(({ url }) => new URL(url).search)).toEqual([
      '?wait=decided&waitMs=5000',
      '?wait=decided&waitMs=4900',
    ]);
  });

  it('looks ever more seldom until it is there', async () => {
    const { client, calls, clock } = clientOver(['http://a'], (call, nth) =>
      answers(200, viewOf(call, nth > 3 ? 'aborted' : null)),
    );

    const view = client.waitForOutcome('019a0000-0000-7000-8000-000000000001');
    await clock.advance(1_000);

    await expect(view).resolves.toMatchObject({ outcome: 'aborted' });
    expect(calls).toHaveLength(4);
    expect(clock.delays).toEqual([10, 20, 40]);
  });

  it('ends with a typed error when the time is over', async () => {
    const { client, clock } = clientOver(['http://a'], (call) => answers(200, viewOf(call)));

    const view = client.waitForOutcome('019a0000-0000-7000-8000-000000000001', { waitMs: 100 });
    const caught = view.catch((error: unknown) => error);
    await clock.advance(1_000);

    expect(await caught).toMatchObject({ code: 'CONCORDAT_NOT_IN_TIME', retriable: true });
  });
});
