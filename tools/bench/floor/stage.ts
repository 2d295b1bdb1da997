/**
 * Natural batching: one batch under way at a time, the next is what came meanwhile. Whatever comes in one tick is together.
 * An error ends the process: a floor that lost work measures nothing.
 */
export class Stage<T> {
  private waiting: T[] = [];
  private working = false;

  constructor(
    private readonly work: (items: readonly T[]) => Promise<void>,
    private readonly maxBatch: number,
  ) {}

  add(items: readonly T[]): void {
    for (const item of items) this.waiting.push(item);
    if (this.working || this.waiting.length === 0) return;
    this.working = true;
    setImmediate(() => void this.run());
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0) await this.work(this.waiting.splice(0, this.maxBatch));
    this.working = false;
  }
}
