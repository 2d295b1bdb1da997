import type { Clock } from '#observability';

/** Timer resolution: coarse on purpose, so that thousands of timers fall into one batch. */
const SLOT_MS = 50;

/**
 * One timer for all transactions: keys wait in slots of 50 ms and come out in batches. Scheduling again adds a second slot; the
 * receiver asks the entry itself whether it is due, so stale slots cost a look-up and nothing else.
 */
export class Wheel {
  private readonly slots = new Map<number, Set<string>>();
  private lastSlot: number;
  private cancel: (() => void) | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly due: (keys: readonly string[]) => void,
  ) {
    this.lastSlot = this.slotOf(clock.nowMs());
  }

  start(): void {
    this.cancel ??= this.clock.after(SLOT_MS, () => this.tick());
  }

  stop(): void {
    this.cancel?.();
    this.cancel = null;
  }

  schedule(key: string, atMs: number): void {
    const slot = Math.max(this.slotOf(atMs), this.lastSlot + 1);
    const keys = this.slots.get(slot);
    if (keys) keys.add(key);
    else this.slots.set(slot, new Set([key]));
  }

  private tick(): void {
    const now = this.slotOf(this.clock.nowMs());
    const keys: string[] = [];
    for (const [slot, waiting] of this.slots) {
      if (slot > now) continue;
      keys.push(...waiting);
      this.slots.delete(slot);
    }
    this.lastSlot = now;
    this.cancel = this.clock.after(SLOT_MS, () => this.tick());
    if (keys.length > 0) this.due(keys);
  }

  private slotOf(ms: number): number {
    return Math.ceil(ms / SLOT_MS);
  }
}
