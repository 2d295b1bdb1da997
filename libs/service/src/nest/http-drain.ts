import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import type { Clock } from '#observability';

/** How long kept-alive connections may still bring a request, to be told `Connection: close` instead of being cut. */
const LAST_REQUESTS_MS = 300;

/**
 * Takes a server out of service without failing a request it took: no new connection; requests under way and those that come on
 * open connections in the next moment are answered with `Connection: close`; then idle connections are closed; what is still
 * under way after the timeout is cut.
 */
export class HttpDrain {
  /**
   * Open connections, each with the answer it waits for. Not a set of answers: a Set into which much comes and from which much goes
   * is copied again and again, and what stood in a copy that has grown old is held, with its whole request, until the next full
   * garbage collection.
   */
  private readonly connections = new Map<Socket, ServerResponse | null>();
  private underWay = 0;
  private phase: 'serving' | 'last requests' | 'closing' = 'serving';

  constructor(
    private readonly server: Server,
    private readonly clock: Clock,
  ) {
    server.on('connection', (socket: Socket) => {
      this.connections.set(socket, null);
      socket.once('close', () => this.connections.delete(socket));
    });
    // First of all listeners: the answer must be tracked before anybody can write it.
    server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) =>
      this.track(socket, response),
    );
  }

  /** Resolves with the number of requests that had to be cut: 0 after a clean drain. */
  async close(timeoutMs: number): Promise<number> {
    if (!this.server.listening) return 0;
    // The plain TCP close: that of HTTP would cut kept-alive connections at once.
    const closed = new Promise<void>((resolve) =>
      NetServer.prototype.close.call(this.server, () => resolve()),
    );
    this.phase = 'last requests';
    for (const response of this.connections.values()) if (response) response.shouldKeepAlive = false;
    let cut = 0;
    const timers = [
      this.clock.after(Math.min(LAST_REQUESTS_MS, timeoutMs), () => this.closeIdle()),
      this.clock.after(timeoutMs, () => {
        cut = this.underWay;
        this.server.closeAllConnections();
      }),
    ];
    await closed;
    for (const cancel of timers) cancel();
    return cut;
  }

  private track(socket: Socket, response: ServerResponse): void {
    this.underWay += 1;
    this.connections.set(socket, response);
    if (this.phase !== 'serving') response.shouldKeepAlive = false;
    response.once('close', () => this.ended(socket, response));
  }

  private ended(socket: Socket, response: ServerResponse): void {
    this.underWay -= 1;
    // A pipelined request may have taken its place, and the connection may be gone.
    if (this.connections.get(socket) === response) this.connections.set(socket, null);
    // Its connection becomes idle only after this event.
    if (this.phase === 'closing') setImmediate(() => this.server.closeIdleConnections());
  }

  private closeIdle(): void {
    this.phase = 'closing';
    this.server.closeIdleConnections();
    // A connection that never said anything does not count as idle.
    for (const socket of this.connections.keys()) if (socket.bytesRead === 0) socket.destroy();
  }
}
