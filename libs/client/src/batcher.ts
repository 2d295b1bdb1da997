/** Publishes in natural batches: the next batch is what came while the last was on its way. No linger, no timer. */
export class Batcher<T> {
  private waiting: { readonly item: T; readonly done: (error?: unknown) => void }[] = [];
  private running: Promise<void> | null = null;

  constructor(
    private readonly work: (batch: readonly T[]) => Promise<void>,
    private readonly maxBatch: number,
  ) {}

  /** Resolves when the batch of this item went through; rejects as that batch did. */
  add(item: T): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, done: (error) => (error === undefined ? resolve() : reject(error)) });
      this.running ??= this.run();
    });
  }

  /** Resolves when nothing waits and nothing runs. */
  async idle(): Promise<void> {
    while (this.running !== null) await this.running;
  }

  private async run(): Promise<void> {
    // One turn first: what the caller adds in the same turn belongs to the same batch.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, this.maxBatch);
      const error = await this.work(batch.map(({ item }) => item)).then(
        () => undefined,
        (fault: unknown) => fault ?? new Error('the batch failed'),
      );
      for (const { done } of batch) done(error);
    }
    this.running = null;
  }
}
