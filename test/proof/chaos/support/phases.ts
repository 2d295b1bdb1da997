/** What a scenario does now, and how long each part of it took: for the line it prints. */
export class Phases {
  private readonly took = new Map<string, number>();
  private now = 'begins';

  async timed<T>(name: string, work: () => Promise<T>): Promise<T> {
    const since = performance.now();
    this.now = name;
    const result = await work();
    this.took.set(name, performance.now() - since);
    return result;
  }

  /** Whether that part ended well. */
  over(name: string): boolean {
    return this.took.has(name);
  }

  get told(): string {
    return [...this.took].map(([name, ms]) => `${name} ${(ms / 1_000).toFixed(1)} s`).join(', ');
  }

  /** The part that has not ended. */
  get current(): string {
    return `in the phase "${this.now}" (${this.told || 'the first'})`;
  }
}
