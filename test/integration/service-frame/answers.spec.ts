import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BusError } from '#messaging';
import type { HttpApp } from '#service/nest';
import { type Answer, ask, startTinyApp, tiny, until } from './tiny-app.js';

let http: HttpApp;

beforeAll(async () => {
  http = await startTinyApp();
});
afterAll(() => http.stop());
beforeEach(() => tiny.reset());

describe('what goes wrong inside', () => {
  const id = '/v1/transactions/0190a000-0000-7000-8000-000000000001';

  it('a refused precondition carries its evidence', async () => {
    expect(await ask(http, id)).toMatchObject({
      status: 409,
      body: { code: 'CONCORDAT_DECIDED', evidence: { decision: 'COMMIT' } },
    });
  });

  it('an unexpected error is a 500 that shows nothing but a reference to the log', async () => {
    tiny.database = new Error('secret at /etc/passwd');
    const answer = await ask(http, id);
    expect(answer).toMatchObject({ status: 500, body: { code: 'CONCORDAT_INTERNAL' } });
    expect(JSON.stringify(answer.body)).not.toMatch(/secret|at \//);
    const line = tiny.log.lines.find(({ level }) => level === 'error');
    expect(line?.fields['reference']).toBe(answer.body['reference']);
  });

  it.each([
    ['database', Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })],
    [
      'database',
      new Error('query failed', { cause: Object.assign(new Error('shutting down'), { code: '57P01' }) }),
    ],
    ['broker', new BusError('UNAVAILABLE', 'no broker', true)],
  ])('an unreachable %s is a 503 with Retry-After', async (part, error) => {
    tiny.database = error;
    const answer = await ask(http, id);
    expect(answer).toMatchObject({ status: 503, body: { code: 'CONCORDAT_UNAVAILABLE', part } });
    expect(answer.headers.get('retry-after')).toBe('1');
  });
});

it('more requests than allowed at once are 429 with Retry-After, health excepted', async () => {
  const slow = ['/v1/slow', '/v1/slow', '/v1/slow'].map((path) => ask(http, path));
  await until(() => tiny.slow.length === 2);
  const answer = await ask(http, '/v1/transactions');
  expect(answer).toMatchObject({ status: 429, body: { code: 'CONCORDAT_OVERLOADED' } });
  expect(answer.headers.get('retry-after')).toBe('1');
  expect(await ask(http, '/health/ready')).toMatchObject({ status: 200 });
  for (const release of tiny.slow) release();
  expect((await Promise.all(slow)).map(({ status }) => status).sort()).toEqual([200, 200, 429]);
});

it('who was let in on a connection that broke off takes no place any more, pipelined requests included', async () => {
  const { hostname, port } = new URL(http.url);
  const socket = connect(Number(port), hostname);
  socket.write('GET /v1/slow HTTP/1.1\r\nHost: tiny\r\n\r\n'.repeat(2));
  await until(() => tiny.slow.length === 2);
  expect(await ask(http, '/v1/transactions')).toMatchObject({ status: 429 });

  socket.destroy();
  await until(async () => (await ask(http, '/v1/transactions')).status !== 429);
  const places = [ask(http, '/v1/slow'), ask(http, '/v1/slow')];
  await until(() => tiny.slow.length === 4);
  for (const release of tiny.slow) release();
  expect((await Promise.all(places)).map(({ status }) => status)).toEqual([200, 200]);
});

describe('every app answers', () => {
  it('live and ready, and names the part that is missing', async () => {
    expect(await ask(http, '/health/live')).toMatchObject({
      status: 200,
      body: { app: 'coordinator', instance: 'test' },
    });
    expect(await ask(http, '/health/ready')).toMatchObject({ status: 200, body: { ready: true } });
    tiny.ready = () => Promise.reject(new Error('no route to the database'));
    expect(await ask(http, '/health/ready')).toMatchObject({
      status: 503,
      body: {
        ready: false,
        checks: { database: { ok: false, detail: 'no route to the database' }, broker: { ok: true } },
      },
    });
    tiny.ready = () => new Promise(() => undefined);
    expect(await ask(http, '/health/ready')).toMatchObject({
      status: 503,
      body: { checks: { database: { detail: 'no answer within 2000 ms' } } },
    });
  });

  it('its metrics', async () => {
    await ask(http, '/v1/transactions');
    const { status, body } = await ask(http, '/metrics');
    expect(status).toBe(200);
    expect(body['text']).toContain(
      'concordat_http_request_duration_seconds_count{method="GET",route="/v1/transactions",status="200"} ',
    );
  });

  it('its OpenAPI document, built from the zod schemas', async () => {
    const { status, body } = await ask(http, '/openapi.json');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      info: { title: 'Concordat coordinator' },
      paths: {
        '/v1/transactions': {
          post: {
            requestBody: {
              content: { 'application/json': { schema: { properties: { branches: { type: 'array' } } } } },
            },
            responses: { default: { content: { 'application/problem+json': {} } } },
          },
          get: {
            parameters: expect.arrayContaining([expect.objectContaining({ name: 'limit', in: 'query' })]),
          },
        },
      },
    });
    expect((await ask(http, '/docs')).body['text']).toContain('swagger');
    expect((await ask(http, '/docs/swagger-ui-bundle.js')).status).toBe(200);
  });
});

it('a list is walked page by page to its end', async () => {
  const seen: unknown[] = [];
  let cursor: string | null = null;
  do {
    const { body }: Answer = await ask(
      http,
      `/v1/transactions?limit=2${cursor === null ? '' : `&cursor=${cursor}`}`,
    );
    seen.push(...(body['items'] as unknown[]));
    cursor = body['nextCursor'] as string | null;
  } while (cursor !== null);
  expect(seen).toEqual([1, 2, 3, 4, 5]);
});
