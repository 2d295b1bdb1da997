import type { Bus, IncomingRecord, Subscription } from '#messaging';
import { decodeOutcome } from '#wire';
import type { InDoubtWatch } from './in-doubt.js';

export interface OutcomeReaderDeps {
  readonly bus: Bus;
  readonly outcomesTopic: string;
  /** A group of this process alone, new at each start: every reader wants every outcome from the beginning. */
  readonly group: string;
  readonly watch: InDoubtWatch;
  /** Reads only while something is in doubt for at least this long. */
  readonly afterMs: number;
}

/**
 * The third way to learn an outcome, when no coordinator answers: reads `concordat.outcomes` itself. It holds every decision of the
 * whole system, so it is read only while a branch here has been in doubt for long, and left as soon as none is.
 */
export class OutcomeReader {
  private subscription: Subscription | null = null;
  private sessions = 0;

  constructor(private readonly deps: OutcomeReaderDeps) {}

  /** Called after each scan. */
  async follow(): Promise<void> {
    const needed = this.deps.watch.doubts.some(({ ageMs }) => ageMs >= this.deps.afterMs);
    if (needed && !this.subscription) await this.open();
    if (!needed && this.subscription) await this.stop();
  }

  async stop(): Promise<void> {
    const subscription = this.subscription;
    this.subscription = null;
    await subscription?.stop();
  }

  private async open(): Promise<void> {
    this.sessions += 1;
    this.subscription = await this.deps.bus.subscribe({
      topics: [this.deps.outcomesTopic],
      group: `${this.deps.group}.${this.sessions}`,
      from: 'earliest',
      handler: (batch) => this.read(batch),
    });
  }

  /** What cannot be decoded is not for this reader to bury: every participant would. */
  private async read(batch: readonly IncomingRecord[]): Promise<void> {
    for (const record of batch) {
      const decoded = decodeOutcome(record);
      if (!decoded.ok) continue;
      const { gtx, attempt, outcome } = decoded.message;
      const waiting = this.deps.watch.doubts.filter(({ key }) => key.gtx === gtx && key.attempt === attempt);
      for (const { key } of waiting) await this.deps.watch.applyOutcome(key, outcome);
    }
  }
}
