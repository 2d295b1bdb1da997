import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import type { HttpApp } from '#service/nest';
import { ask, startTinyApp, tiny, until } from './tiny-app.js';

let http: HttpApp;

describe('stopping', () => {
  beforeEach(async () => {
    tiny.reset();
    http = await startTinyApp();
  });
  afterEach(() => http.stop());

  it('lets requests under way end, takes no new connection, then runs the hooks in order', async () => {
    const slow = ask(http, '/v1/slow');
    await until(() => tiny.slow.length === 1);
    const stopping = http.stop();
    await until(async () => !(await accepts()));
    expect(tiny.stopped).toEqual([]);
    tiny.slow[0]?.();
    const answer = await slow;
    expect(answer).toMatchObject({ status: 200, body: { done: true } });
    expect(answer.headers.get('connection')).toBe('close');
    await stopping;
    expect(tiny.stopped).toEqual(['first', 'second']);
  });

  it('fails no request of a client that keeps its connections alive', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    let [stop, answered, failed] = [false, 0, 0];
    const client = async (): Promise<void> => {
      while (!stop) {
        const outcome = await once200(agent);
        if (outcome === 'refused') return;
        if (outcome === 'answered') answered += 1;
        else failed += 1;
      }
    };
    const clients = Array.from({ length: 4 }, client);
    await until(() => answered > 50);
    await http.stop();
    stop = true;
    await Promise.all(clients);
    agent.destroy();
    expect(failed).toBe(0);
  });

  it('does not wait for a connection that nobody uses', async () => {
    const idle = connect(Number(new URL(http.url).port), '127.0.0.1');
    await once(idle, 'connect');
    await http.stop();
    await once(idle, 'close');
  });

  it('cuts what takes longer than the drain timeout, and says so', async () => {
    const hasty = await startTinyApp(50);
    const slow = ask(hasty, '/v1/slow').then(
      () => 'answered',
      () => 'cut',
    );
    await until(() => tiny.slow.length === 1);
    await hasty.stop();
    expect(await slow).toBe('cut');
    expect(tiny.log.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', fields: { cut: 1, drainTimeoutMs: 50 } }),
    );
    expect(tiny.stopped).toEqual(['first', 'second']);
  });

  it('answers not ready while requests under way end', async () => {
    const socket = connect(Number(new URL(http.url).port), '127.0.0.1');
    const slow = ask(http, '/v1/slow');
    await until(() => tiny.slow.length === 1);
    const stopping = http.stop();
    socket.write('GET /health/ready HTTP/1.1\r\nhost: x\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 503 .*stopping/s);
    tiny.slow[0]?.();
    await Promise.all([slow, stopping]);
  });
});

/** Whether a new connection is accepted. */
async function accepts(): Promise<boolean> {
  const socket = connect(Number(new URL(http.url).port), '127.0.0.1');
  const open = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
  socket.destroy();
  return open;
}

/** `refused`: no connection was made, so no request was taken; `failed`: a request was sent and got no answer. */
function once200(agent: Agent): Promise<'answered' | 'refused' | 'failed'> {
  return new Promise((resolve) => {
    get(`${http.url}/v1/transactions`, { agent }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode === 200 ? 'answered' : 'failed'));
    }).once('error', (error: Error & { code?: string }) =>
      resolve(error.code === 'ECONNREFUSED' ? 'refused' : 'failed'),
    );
  });
}
