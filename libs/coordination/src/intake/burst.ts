import type { Clock } from '#observability';

/** Turns of the event loop that a burst is given at most: some tens of microseconds each while little comes. */
const MAX_TURNS = 8;

/** Longest wait for callers that were answered, ms. */
const MAX_WAIT_MS = 12;

/** Nor is it longer than this part of the time that an answer takes of late: where that is short, so is the way back. */
const SHARE = 1 / 4;

/** Weight of the last answer's time in the mean. */
const WEIGHT = 1 / 16;

/** So many requests share a write well enough: they wait for no caller. */
const ENOUGH = 64;

/** So many begin their write at once: what they have in common can hardly grow, and what waits behind them does. */
const PLENTY = 500;

/**
 * Says when a burst of requests is over, so that they share one write (D1) and travel together from there on.
 *
 * Each request comes by a connection of its own: one turn of the event loop may bring the next. And a caller in a loop asks again as
 * soon as it is answered. Those that were answered together are waited for; without that the first one back leaves alone, and the
 * others never catch up with it. A request that nobody was answered before waits for no clock.
 */
export class Burst {
  /** Answered in this span and in the one before, less those who asked again. Who does not do so within two is not waited for. */
  private away = 0;
  private awayBefore = 0;
  private spanBeganMs = 0;
  /** Mean of what answers took of late. */
  private tookMs = 0;

  constructor(private readonly clock: Clock) {}

  /** A caller who waited is answered. */
  answered(tookMs: number): void {
    this.turnSpan();
    this.tookMs += (tookMs - this.tookMs) * WEIGHT;
    this.away += 1;
  }

  /** A caller who will wait for an answer asks. */
  asked(): void {
    this.turnSpan();
    if (this.awayBefore > 0) this.awayBefore -= 1;
    else if (this.away > 0) this.away -= 1;
  }

  /** Resolves when the burst is over. `size`: requests that wait. */
  async over(size: () => number): Promise<void> {
    for (let before = 0, turns = 0; size() > before && size() < PLENTY && turns < MAX_TURNS; turns += 1) {
      before = size();
      await this.pause(0);
    }
    const untilMs = this.clock.nowMs() + this.longestMs;
    while (size() < ENOUGH && this.expectsMore() && this.clock.nowMs() < untilMs) await this.pause(1);
  }

  private get longestMs(): number {
    return Math.min(MAX_WAIT_MS, this.tookMs * SHARE);
  }

  private expectsMore(): boolean {
    this.turnSpan();
    return this.away + this.awayBefore > 0;
  }

  private turnSpan(): void {
    const nowMs = this.clock.nowMs();
    const spanMs = this.longestMs / 2;
    const agoMs = nowMs - this.spanBeganMs;
    if (agoMs < spanMs) return;
    this.awayBefore = agoMs < 2 * spanMs ? this.away : 0;
    this.away = 0;
    this.spanBeganMs = nowMs;
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.after(ms, resolve));
  }
}
