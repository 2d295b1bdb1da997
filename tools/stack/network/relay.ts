import type { Socket } from 'node:net';

/** Which way bytes travel through a proxy. */
export type Direction = 'to-server' | 'to-client';

/** What a proxy does at this moment; its relays ask for every chunk. */
export interface Weather {
  /** Bytes in this direction vanish. */
  drops(direction: Direction): boolean;
  lost(bytes: number): void;
  /** Sees each chunk that a client sends, before it is passed on. */
  sent(chunk: Buffer, relay: Relay): void;
  /** Sees each chunk that the server answers; false: it vanishes. */
  answered(chunk: Buffer, relay: Relay): boolean;
}

/**
 * One connection through a proxy: two sockets and the bytes between them.
 *
 * Invariants:
 *  1 Bytes arrive in order and without a hole, or the connection is {@link holed} and must never work again.
 *  2 While a direction drops, not even the end of the stream passes: a cable that is out tells nobody.
 */
export class Relay {
  private hole = false;

  constructor(
    private readonly client: Socket,
    private readonly server: Socket,
    private readonly weather: Weather,
    private readonly onClose: (relay: Relay) => void,
  ) {
    this.join(client, server, 'to-server');
    this.join(server, client, 'to-client');
  }

  /** Something of it was dropped: it can only be cut. */
  get holed(): boolean {
    return this.hole;
  }

  /** Resets both ends. */
  cut(): void {
    for (const socket of [this.client, this.server]) {
      if (socket.connecting || socket.destroyed) socket.destroy();
      else socket.resetAndDestroy();
    }
    this.onClose(this);
  }

  private join(from: Socket, to: Socket, direction: Direction): void {
    from.on('data', (chunk: Buffer) => {
      if (this.vanishes(chunk, direction)) this.lose(chunk);
      else if (!to.write(chunk)) from.pause();
    });
    to.on('drain', () => from.resume());
    from.on('end', () => this.passOn(direction, () => to.end()));
    // The cause (refused, reset) reaches the other end as a reset; 'close' follows and cuts.
    from.on('error', () => undefined);
    from.on('close', () => this.passOn(direction, () => this.cut()));
  }

  private vanishes(chunk: Buffer, direction: Direction): boolean {
    if (this.weather.drops(direction)) return true;
    if (direction === 'to-client') return !this.weather.answered(chunk, this);
    this.weather.sent(chunk, this);
    return false;
  }

  private passOn(direction: Direction, act: () => void): void {
    if (this.weather.drops(direction)) this.hole = true;
    else act();
  }

  private lose(chunk: Buffer): void {
    this.hole = true;
    this.weather.lost(chunk.length);
  }
}
