/** How long each part of a scenario took, for the line it prints. */
export class Phases {
  private readonly took: string[] = [];

  async timed<T>(name: string, work: () => Promise<T>): Promise<T> {
    const since = performance.now();
    try {
      return await work();
    } finally {
      this.took.push(`${name} ${((performance.now() - since) / 1_000).toFixed(1)} s`);
    }
  }

  get told(): string {
    return this.took.join(', ');
  }
}
