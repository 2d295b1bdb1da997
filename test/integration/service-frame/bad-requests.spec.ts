import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { HttpApp } from '#service/nest';
import { type Answer, ask, startTinyApp, tiny } from './tiny-app.js';

const branch = { id: 'stock', participant: 'inventory', operation: 'reserve' };
const JSON_TYPE = { 'content-type': 'application/json' };
let http: HttpApp;

beforeAll(async () => {
  http = await startTinyApp();
});
afterAll(() => http.stop());
beforeEach(() => tiny.reset());

const post = (body: string | Buffer, headers: Record<string, string> = JSON_TYPE): Promise<Answer> =>
  ask(http, '/v1/transactions', { method: 'POST', body, headers });

/** What the server answers to raw bytes, until it closes the connection. */
async function raw(bytes: string): Promise<string> {
  const socket = connect(Number(new URL(http.url).port), '127.0.0.1');
  socket.end(bytes);
  const chunks: string[] = [];
  socket.on('data', (chunk) => chunks.push(chunk.toString()));
  await once(socket, 'close');
  return chunks.join('');
}

describe('a good request', () => {
  it('reaches its handler with defaults filled in', async () => {
    const answer = await post(JSON.stringify({ branches: [branch] }), {
      'content-type': 'Application/JSON; charset="UTF-8"',
    });
    expect(answer).toMatchObject({ status: 202, body: { mode: '2pc', branches: 1 } });
    expect(answer.headers.get('location')).toBe('/v1/transactions/1');
  });

  it('of 1 MiB is taken', async () => {
    const frame = JSON.stringify({ branches: [{ ...branch, payload: '' }] });
    const whole = frame.replace('"payload":""', `"payload":"${'x'.repeat(1_048_576 - frame.length)}"`);
    expect(await post(whole)).toMatchObject({ status: 202 });
    expect(await post(`${whole} `)).toMatchObject({ status: 413, body: { code: 'CONCORDAT_OVERSIZE' } });
  });
});

describe('a bad request is a clear problem', () => {
  it('as application/problem+json with type, title, status, detail, code and pointers', async () => {
    const bad = { branches: [{ ...branch, id: 'a/b', colour: 1 }], moed: 'saga' };
    const answer = await post(JSON.stringify(bad));
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer).toMatchObject({ status: 400 });
    expect(answer.body).toEqual({
      type: 'urn:concordat:problem:invalid',
      title: 'Bad Request',
      status: 400,
      detail: 'The request does not fit its schema.',
      code: 'CONCORDAT_INVALID',
      errors: expect.arrayContaining([
        { pointer: '/branches/0/id', detail: expect.any(String) },
        { pointer: '/branches/0/colour', detail: 'unknown field' },
        { pointer: '/moed', detail: 'unknown field' },
      ]),
    });
  });

  const bodies: [string, string | Buffer, Record<string, string>, number, string][] = [
    ['malformed JSON', '{"branches":', JSON_TYPE, 400, 'CONCORDAT_BAD_JSON'],
    ['an empty body', '', JSON_TYPE, 400, 'CONCORDAT_BAD_JSON'],
    ['invalid UTF-8', Buffer.from([0x22, 0xff, 0x22]), JSON_TYPE, 400, 'CONCORDAT_BAD_JSON'],
    ['null', 'null', JSON_TYPE, 400, 'CONCORDAT_INVALID'],
    [
      'a deep payload',
      `{"branches":[{"payload":${'['.repeat(90_000)}${']'.repeat(90_000)}}]}`,
      JSON_TYPE,
      400,
      'CONCORDAT_INVALID',
    ],
    [
      'a form',
      'a=b',
      { 'content-type': 'application/x-www-form-urlencoded' },
      415,
      'CONCORDAT_UNSUPPORTED_MEDIA_TYPE',
    ],
    ['text', '{}', { 'content-type': 'text/plain' }, 415, 'CONCORDAT_UNSUPPORTED_MEDIA_TYPE'],
    [
      'no JSON type though it sounds so',
      '{}',
      { 'content-type': 'application/jsonish' },
      415,
      'CONCORDAT_UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'Latin-1',
      '{}',
      { 'content-type': 'application/json; charset=latin1' },
      415,
      'CONCORDAT_UNSUPPORTED_MEDIA_TYPE',
    ],
    ['gzip', '{}', { ...JSON_TYPE, 'content-encoding': 'gzip' }, 415, 'CONCORDAT_UNSUPPORTED_MEDIA_TYPE'],
  ];
  it.each(bodies)('%s', async (_name, body, headers, status, code) => {
    expect(await post(body, headers)).toMatchObject({ status, body: { status, code } });
  });

  const paths: [string, RequestInit, number, string][] = [
    ['/nowhere', {}, 404, 'CONCORDAT_NOT_FOUND'],
    ['/v1/transactions/%zz', {}, 400, 'CONCORDAT_BAD_REQUEST'],
    ['/v1/transactions/not-an-id', {}, 400, 'CONCORDAT_INVALID'],
    [`/v1/transactions/${'x'.repeat(300)}`, {}, 414, 'CONCORDAT_URI_TOO_LONG'],
    ['/v1/transactions?limit=0', {}, 400, 'CONCORDAT_INVALID'],
    ['/v1/transactions?limit=201', {}, 400, 'CONCORDAT_INVALID'],
    ['/v1/transactions?limit=1&limit=2', {}, 400, 'CONCORDAT_INVALID'],
    ['/v1/transactions?colour=red', {}, 400, 'CONCORDAT_INVALID'],
    ['/v1/transactions?cursor=!!', {}, 400, 'CONCORDAT_INVALID'],
    ['/v1/transactions?cursor=WyJhIl0', {}, 400, 'CONCORDAT_INVALID'],
    [
      '/v1/transactions',
      { method: 'PUT', body: '{}', headers: JSON_TYPE },
      405,
      'CONCORDAT_METHOD_NOT_ALLOWED',
    ],
  ];
  it.each(paths)('%s', async (path, init, status, code) => {
    const answer = await ask(http, path, init);
    expect(answer).toMatchObject({ status, body: { status, code } });
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });

  it('a wrong method names the right ones', async () => {
    const answer = await ask(http, '/v1/transactions', { method: 'DELETE' });
    expect(answer.headers.get('allow')).toBe('GET, HEAD, POST');
  });

  it('nothing follows a request to upgrade on its connection: Node would not see what is wrong with it', async () => {
    const upgrade = 'GET /health/live HTTP/1.1\r\nhost: x\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n';
    const socket = connect(Number(new URL(http.url).port), '127.0.0.1', () => socket.write(upgrade));
    const chunks: string[] = [];
    socket.on('data', (chunk) => chunks.push(chunk.toString()));
    await once(socket, 'close');
    expect(chunks.join('')).toMatch(/^HTTP\/1\.1 200 /);
    expect(chunks.join('').toLowerCase()).toContain('connection: close');
  });

  it('bytes that are no HTTP are answered too', async () => {
    expect(await raw('HELO there\r\n\r\n')).toMatch(/^HTTP\/1.1 400 .*"code":"CONCORDAT_BAD_REQUEST"/s);
    expect(await raw(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 431 /,
    );
  });

  it.each([
    ['no Host', 'connection: close', 400, 'CONCORDAT_BAD_REQUEST'],
    ['an Expect nobody meets', 'host: x\r\nexpect: the-impossible', 417, 'CONCORDAT_EXPECTATION_FAILED'],
  ])('HTTP with %s, which Node would refuse without a word', async (_what, header, status, code) => {
    const answer = await raw(`GET /health/live HTTP/1.1\r\n${header}\r\n\r\n`);
    expect(answer).toMatch(
      new RegExp(`^HTTP/1.1 ${status} .*application/problem\\+json.*"code":"${code}"`, 's'),
    );
  });
});
