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
    /** Resolves when a burst of items is over. Given where they come one by one, each by a connection of its own. */
    private readonly over: (size: () => number) => Promise<void> = () => Promise.resolve(),
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

  private async run(): Promise<void> {
    try {
      do {
        await this.over(() => this.size);
        await this.work(this.waiting.splice(0, this.maxBatch));
      } while (this.waiting.length > 0);
    } finally {
      this.running = null;
    }
  }
}
