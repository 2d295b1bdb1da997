/**
 * Natural batching: what is asked while a call is under way goes together into the next one. No timer, no linger: a call that
 * finds nothing under way leaves in the same tick, together with what else that tick asks.
 */
export class Gatherer<K, V> {
  private waiting: {
    readonly key: K;
    readonly resolve: (value: V) => void;
    readonly reject: (error: unknown) => void;
  }[] = [];
  private running = false;

  constructor(
    private readonly call: (keys: readonly K[]) => Promise<readonly V[]>,
    private readonly maxBatch: number,
  ) {}

  ask(key: K): Promise<V> {
    return new Promise<V>((resolve, reject) => {
      this.waiting.push({ key, resolve, reject });
      if (!this.running) void this.drain();
    });
  }

  private async drain(): Promise<void> {
    this.running = true;
    // One microtask later everything that this tick asks has joined.
    await Promise.resolve();
    while (this.waiting.length > 0) await this.flush(this.waiting.splice(0, this.maxBatch));
    this.running = false;
  }

  private async flush(batch: typeof this.waiting): Promise<void> {
    try {
      const values = await this.call(batch.map(({ key }) => key));
      batch.forEach(({ resolve }, index) => resolve(values[index]!));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
