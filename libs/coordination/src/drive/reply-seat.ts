/**
 * Notices that this process reads other partitions of the replies topic than before. What it sent until then names a
 * partition that another instance reads now: votes and results that answer it never come here.
 */
export class ReplySeat {
  private known = '';

  /** True once after each move; `partitions` are those read now, none while a rebalance goes on. */
  moved(partitions: readonly number[]): boolean {
    const now = [...partitions].sort((a, b) => a - b).join();
    if (now === this.known) return false;
    this.known = now;
    return now !== '';
  }
}
