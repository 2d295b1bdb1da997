import type { Clock } from '#observability';

/** Turns of the event loop that a burst is given at most: some tens of microseconds each while little comes. */
const MAX_TURNS = 8;

/** Who was answered and has not asked again after this long (to twice as long) is not waited for. */
const BACK_MS = 6;

/** Longest wait for callers that were answered, ms. */
const MAX_WAIT_MS = 12;

/** So many requests share a write well enough: they wait for nobody. */
const ENOUGH = 64;

/**
 * Says when a burst of requests is over, so that they share one write (D1) and travel together from there on.
 *
 * Each request comes by a connection of its own: one turn of the event loop may bring the next. And a caller in a loop asks again as
 * soon as it is answered. Those that were answered together are waited for; without that the first one back leaves alone, and the
 * others never catch up with it. A request that nobody was answered before waits for no clock.
 */
export class Burst {
  /** Answered in this span of BACK_MS and in the one before, less those who asked again. */
  private away = 0;
  private awayBefore = 0;
  private spanBeganMs = 0;

  constructor(private readonly clock: Clock) {}

  /** A caller who waited is answered. */
  answered(): void {
    this.turnSpan();
    this.away += 1;
  }

  /** A request came. */
  asked(): void {
    this.turnSpan();
    if (this.awayBefore > 0) this.awayBefore -= 1;
    else if (this.away > 0) this.away -= 1;
  }

  /** Resolves when the burst is over. `size`: requests that wait. */
  async over(size: () => number): Promise<void> {
    for (let before = 0, turns = 0; size() > before && turns < MAX_TURNS; turns += 1) {
      before = size();
      await this.pause(0);
    }
    const untilMs = this.clock.nowMs() + MAX_WAIT_MS;
    while (size() < ENOUGH && this.expectsMore() && this.clock.nowMs() < untilMs) await this.pause(1);
  }

  private expectsMore(): boolean {
    this.turnSpan();
    return this.away + this.awayBefore > 0;
  }

  private turnSpan(): void {
    const spans = Math.floor((this.clock.nowMs() - this.spanBeganMs) / BACK_MS);
    if (spans === 0) return;
    this.awayBefore = spans === 1 ? this.away : 0;
    this.away = 0;
    this.spanBeganMs += spans * BACK_MS;
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.after(ms, resolve));
  }
}
