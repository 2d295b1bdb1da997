import type { Clock } from '#observability';

/** Some thousands a second at most: about a tenth of what one process can answer. */
const A_MOMENT = 30;
const MOMENT_MS = 10;
/** Beyond so many that wait, a refusal leaves at once: nothing here queues without bound. */
const MOST_HELD = 20_000;

interface Held {
  readonly release: () => void;
  /** Whether somebody still waits for it. */
  readonly wanted: () => boolean;
}

/**
 * Lets refusals out at a bounded pace. Who is refused at once comes back at once, and with many of those the refusals alone take
 * all the time there is: what was let in would never end.
 */
export class Refusals {
  private held: Held[] = [];
  private left = A_MOMENT;
  private ticking = false;

  constructor(private readonly clock: Clock) {}

  /** Refusals that wait. */
  get waiting(): number {
    return this.held.length;
  }

  /** Resolves when it is this one's turn: at once while few come, later in the order of their coming. */
  turn(wanted: () => boolean): Promise<void> {
    this.tickLater();
    if (this.left === 0 && this.held.length < MOST_HELD)
      return new Promise((release) => this.held.push({ release, wanted }));
    if (this.left > 0) this.left -= 1;
    return Promise.resolve();
  }

  private tickLater(): void {
    if (this.ticking) return;
    this.ticking = true;
    this.clock.after(MOMENT_MS, () => this.tick());
  }

  private tick(): void {
    this.ticking = false;
    this.held = this.held.filter(({ wanted }) => wanted());
    const next = this.held.splice(0, A_MOMENT);
    this.left = A_MOMENT - next.length;
    if (next.length > 0) this.tickLater();
    for (const { release } of next) release();
  }
}
