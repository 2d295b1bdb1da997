/** Turns of the event loop that a batch waits for at most: some tens of microseconds each while little comes. */
const MAX_TURNS = 8;

/**
 * Natural batching: the next batch is what came while the last was worked on. No linger, no timer (bench.md: any window costs).
 * One batch at a time; `work` must not reject (its faults belong to the items).
 */
export class Batcher<T> {
  private waiting: T[] = [];
  private running: Promise<void> | null = null;

  constructor(
    private readonly work: (batch: readonly T[]) => Promise<void>,
    private readonly maxBatch: number,
    /** Resolves when a turn of the event loop is over. Given where items come one by one, each by a connection of its own. */
    private readonly turn: (() => Promise<void>) | null = null,
  ) {}

  /** Items that wait for their batch. */
  get size(): number {
    return this.waiting.length;
  }

  add(item: T): void {
    this.waiting.push(item);
    this.running ??= this.run();
  }

  addAll(items: readonly T[]): void {
    for (const item of items) this.waiting.push(item);
    if (items.length > 0) this.running ??= this.run();
  }

  /** Resolves when nothing waits and nothing runs. */
  async idle(): Promise<void> {
    while (this.running) await this.running;
  }

  /** A burst is over when a turn brought nothing more; the bound keeps a steady stream from waiting for its end. */
  private async gather(turn: () => Promise<void>): Promise<void> {
    for (let before = 0, turns = 0; this.size > before && turns < MAX_TURNS; turns += 1) {
      before = this.size;
      await turn();
    }
  }

  private async run(): Promise<void> {
    await (this.turn ? this.gather(this.turn) : Promise.resolve());
    try {
      while (this.waiting.length > 0) await this.work(this.waiting.splice(0, this.maxBatch));
    } finally {
      this.running = null;
    }
  }
}
