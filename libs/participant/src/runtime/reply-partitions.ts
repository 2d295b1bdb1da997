import type { Bus } from '#messaging';
import type { Clock } from '#observability';

/** A hostile number must not make every command ask the broker. */
const ASK_AGAIN_AFTER_MS = 1_000;

/** How many partitions the replies topic has: a command that names another is refused. Asked once, and again when a number is higher. */
export class ReplyPartitions {
  private count = 0;
  private askedAtMs = -Infinity;
  private asking: Promise<void> | null = null;

  constructor(
    private readonly bus: Bus,
    private readonly topic: string,
    private readonly clock: Clock,
  ) {}

  /** Throws BusError when the broker is away. */
  async refresh(): Promise<void> {
    this.asking ??= this.ask();
    try {
      await this.asking;
    } finally {
      this.asking = null;
    }
  }

  known(partition: number | null): boolean {
    return partition === null || partition < this.count;
  }

  async exists(partition: number | null): Promise<boolean> {
    if (!this.known(partition) && this.clock.nowMs() - this.askedAtMs >= ASK_AGAIN_AFTER_MS)
      await this.refresh();
    return this.known(partition);
  }

  private async ask(): Promise<void> {
    this.count = await this.bus.partitions(this.topic);
    this.askedAtMs = this.clock.nowMs();
  }
}
