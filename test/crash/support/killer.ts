import type { AppKind, Cluster } from '#stack';
import type { Dice } from './random.js';

const KINDS: readonly AppKind[] = ['coordinator', 'watchdog', 'orders', 'inventory', 'payments'];
/** Up to this long from a kill to its restart: long enough for takeovers to begin, short enough to overlap them. */
const DOWN_MS = 1_500;
const MAX_DOWN = 2;

/** kill -9, now this process, now that one; each comes back. Kinds take turns, so that every kind is hit. */
export class Killer {
  readonly kills: Record<string, number> = {};

  constructor(
    private readonly cluster: Cluster,
    private readonly dice: Dice,
  ) {}

  get total(): number {
    return Object.values(this.kills).reduce((sum, count) => sum + count, 0);
  }

  /**
   * Kills `times` times, each when `due` says so; at most two are down at once, so that the shop is hurt and not closed.
   * Resolves when every killed process is ready again.
   */
  async spree(times: number, due: (kill: number) => Promise<void>): Promise<void> {
    const coming = new Map<string, Promise<unknown>>();
    for (let round = 0; round < times; round += 1) {
      await due(round);
      if (coming.size >= MAX_DOWN) await Promise.race(coming.values());
      const kind = KINDS[round % KINDS.length]!;
      const name = this.dice.pick(this.cluster.names.filter((one) => one.startsWith(`${kind}-`)));
      await coming.get(name);
      await this.kill(name, kind);
      coming.set(
        name,
        this.restartLater(name).finally(() => coming.delete(name)),
      );
    }
    await Promise.all(coming.values());
  }

  private async kill(name: string, kind: AppKind): Promise<void> {
    await this.cluster.app(name).kill9();
    this.kills[kind] = (this.kills[kind] ?? 0) + 1;
  }

  private async restartLater(name: string): Promise<void> {
    await pause(DOWN_MS * this.dice.next());
    await this.cluster.restart(name);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
