import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import { freePort } from '../ports.js';
import { Relay, type Direction, type Weather } from './relay.js';

/** Which request must lose its answer, told by the bytes of one chunk each. */
export interface LostReply {
  request(bytes: Buffer): boolean;
  /** The chunk that says the request was carried out. */
  reply(bytes: Buffer): boolean;
}

/** A cable between clients and one server on 127.0.0.1, that a test can move, cut and make deaf in one direction. */
export interface TcpProxy {
  readonly port: number;
  /** Where new connections go. */
  readonly target: number;
  /** Connections open now. */
  readonly connections: number;
  /** Bytes that vanished so far. */
  readonly lostBytes: number;
  /** Another server from now on; the connections to the old one are cut. */
  aim(target: number): void;
  /** Resets every connection. */
  cut(): void;
  /** From now on bytes in this direction vanish, without a reset; new connections are taken and meet the same. */
  drop(direction: Direction): void;
  /** Passes everything again. Connections that lost something are cut: a stream with a hole must not go on. */
  heal(): void;
  /**
   * The next request that matches reaches the server; its answer is swallowed, and the connection cut once the server
   * has answered; resolves with true then, with false when it was spared before. One at a time.
   */
  loseReply(which: LostReply): Promise<boolean>;
  /** Nothing is awaited to be lost any more. */
  spare(): void;
  /** Ends it and every connection. */
  close(): Promise<void>;
}

interface Ambush extends LostReply {
  victim: Relay | null;
  done(lost: boolean): void;
}

class Proxy implements TcpProxy, Weather {
  private readonly relays = new Set<Relay>();
  private readonly dropped = new Set<Direction>();
  private ambush: Ambush | null = null;
  lostBytes = 0;

  constructor(
    private readonly server: Server,
    private towards: number,
  ) {
    server.on('connection', (client) => this.open(client));
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get target(): number {
    return this.towards;
  }

  get connections(): number {
    return this.relays.size;
  }

  aim(target: number): void {
    this.towards = target;
    this.cut();
  }

  cut(): void {
    for (const relay of [...this.relays]) relay.cut();
  }

  drop(direction: Direction): void {
    this.dropped.add(direction);
  }

  heal(): void {
    this.dropped.clear();
    for (const relay of [...this.relays]) if (relay.holed) relay.cut();
  }

  loseReply({ request, reply }: LostReply): Promise<boolean> {
    if (this.ambush !== null) throw new Error('a reply is already awaited to be lost');
    return new Promise((done) => {
      this.ambush = { request, reply, victim: null, done };
    });
  }

  spare(): void {
    this.ambush?.done(false);
    this.ambush = null;
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.cut();
    await closed;
  }

  drops(direction: Direction): boolean {
    return this.dropped.has(direction);
  }

  lost(bytes: number): void {
    this.lostBytes += bytes;
  }

  sent(chunk: Buffer, relay: Relay): void {
    const { ambush } = this;
    if (ambush !== null && ambush.victim === null && ambush.request(chunk)) ambush.victim = relay;
  }

  answered(chunk: Buffer, relay: Relay): boolean {
    const { ambush } = this;
    if (ambush?.victim !== relay) return true;
    if (ambush.reply(chunk)) {
      this.ambush = null;
      relay.cut();
      ambush.done(true);
    }
    return false;
  }

  private open(client: Socket): void {
    const server = connect({ port: this.towards, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    this.relays.add(new Relay(client, server, this, (relay) => this.closed(relay)));
  }

  private closed(relay: Relay): void {
    this.relays.delete(relay);
    // It ended before its answer: the next one that matches is taken.
    if (this.ambush?.victim === relay) this.ambush.victim = null;
  }
}

/** A proxy on a free port of 127.0.0.1 that leads to the port `target`. It lives in this process and keeps it alive until closed. */
export async function startTcpProxy(target: number, port?: number): Promise<TcpProxy> {
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  const proxy = new Proxy(server, target);
  server.listen(port ?? (await freePort()), '127.0.0.1');
  await once(server, 'listening');
  return proxy;
}
