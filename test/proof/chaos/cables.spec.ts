/** What chaos is made with must do what it says: a cable that loses nothing by itself, and only what it is told to lose. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { startTcpProxy, type TcpProxy } from '#stack';
import { eventually } from '../../support/eventually.js';

/** Answers each line in upper case, and remembers what it was told. */
class Echo {
  readonly heard: string[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly server: Server = createServer((socket) => {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      this.heard.push(String(chunk));
      socket.write(String(chunk).toUpperCase());
    });
  });

  async start(): Promise<number> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}

class Caller {
  received = '';
  closed = false;
  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => (this.received += String(chunk)));
    socket.on('error', () => undefined);
    socket.on('close', () => (this.closed = true));
  }

  static async to(port: number): Promise<Caller> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Caller(socket);
  }

  say(text: string): void {
    this.socket.write(text);
  }

  hears(text: string): Promise<void> {
    return eventually(() => this.received === text);
  }
}

describe('a cable', () => {
  let echo: Echo;
  let proxy: TcpProxy;
  const callers: Caller[] = [];

  beforeEach(async () => {
    echo = new Echo();
    proxy = await startTcpProxy(await echo.start());
  });
  afterEach(async () => {
    for (const caller of callers.splice(0)) caller.socket.destroy();
    await proxy.close();
    await echo.stop();
  });

  async function call(): Promise<Caller> {
    const caller = await Caller.to(proxy.port);
    callers.push(caller);
    return caller;
  }

  it('passes every byte, and the end', async () => {
    const caller = await call();
    caller.say('x'.repeat(1_000_000));
    await caller.hears('X'.repeat(1_000_000));
    caller.socket.end();
    await eventually(() => caller.closed && proxy.connections === 0);
  });

  it('loses what is said, not what is answered, when it drops to the server; healed, that connection is cut', async () => {
    const caller = await call();
    caller.say('one');
    await caller.hears('ONE');

    proxy.drop('to-server');
    caller.say('two');
    const during = await call();
    during.say('three');
    await eventually(() => proxy.lostBytes === 'twothree'.length);
    expect([caller.closed, during.closed]).toEqual([false, false]);
    proxy.heal();

    const after = await call();
    after.say('four');
    await after.hears('FOUR');
    await eventually(() => caller.closed);
    expect(echo.heard).toEqual(['one', 'four']);
  });

  it('lets the server hear but not answer when it drops to the client', async () => {
    const caller = await call();
    proxy.drop('to-client');
    caller.say('one');
    await eventually(() => echo.heard.length === 1);
    await echo.stop();
    expect([caller.received, caller.closed]).toEqual(['', false]);

    proxy.heal();
    await eventually(() => caller.closed);
    await echo.start();
  });

  it('loses one answer: the request is carried out, the caller cut off, others are served', async () => {
    const [victim, other] = [await call(), await call()];
    const lost = proxy.loseReply({
      request: (bytes) => String(bytes).includes('commit'),
      reply: (bytes) => String(bytes).includes('COMMIT'),
    });
    other.say('hello');
    await other.hears('HELLO');
    victim.say('commit');
    await lost;

    await eventually(() => victim.closed);
    expect([victim.received, echo.heard]).toEqual(['', ['hello', 'commit']]);
    other.say('commit');
    await other.hears('HELLOCOMMIT');
  });

  it('leads to another server: the old connections are cut', async () => {
    const second = new Echo();
    const before = await call();
    proxy.aim(await second.start());
    await eventually(() => before.closed);
    const after = await call();
    after.say('hi');
    await after.hears('HI');
    expect([echo.heard, second.heard]).toEqual([[], ['hi']]);
    await second.stop();
  });
});
