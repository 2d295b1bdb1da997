import type { Clock, Log, Metrics } from '#observability';
import type { LedgerAdmin } from '#persistence';
import { Ticker } from './ticker.js';

export interface WaitingBranches {
  /** Unacknowledged branches. */
  readonly count: number;
  readonly oldestAgeMs: number;
}

/** A look that takes long is followed by a pause of this many times its length: it never takes more than a tenth of the database's time. */
const REST_FACTOR = 10;
const NOTHING: WaitingBranches = { count: 0, oldestAgeMs: 0 };

/** Looks at every scan which branches wait for their participant, and sets the gauges by it: no request has to ask. */
export class WaitingWork {
  private readonly ticker: Ticker;
  private byParticipant = new Map<string, WaitingBranches>();
  private lookMs = 0;

  constructor(
    private readonly admin: Pick<LedgerAdmin, 'waiting'>,
    private readonly deps: { readonly clock: Clock; readonly log: Log; readonly metrics: Metrics },
    scanIntervalMs: number,
  ) {
    this.ticker = new Ticker(deps.clock, deps.log, {
      name: 'look at waiting branches',
      delayMs: () => Math.max(scanIntervalMs, this.lookMs * REST_FACTOR),
      run: () => this.look(),
    });
  }

  start(): void {
    this.ticker.start();
  }

  stop(): Promise<void> {
    return this.ticker.stop();
  }

  /** As of the last look. */
  of(participant: string): WaitingBranches {
    return this.byParticipant.get(participant) ?? NOTHING;
  }

  /** Those that have any, as of the last look. */
  all(): ReadonlyMap<string, WaitingBranches> {
    return this.byParticipant;
  }

  async look(): Promise<void> {
    const beganMs = this.deps.clock.nowMs();
    const rows = await this.admin.waiting();
    this.lookMs = this.deps.clock.nowMs() - beganMs;
    const gone = [...this.byParticipant.keys()];
    this.byParticipant = new Map(
      rows.map(({ participant, count, oldestAgeMs }) => [participant, { count, oldestAgeMs }]),
    );
    const { metrics } = this.deps;
    for (const participant of new Set([...gone, ...this.byParticipant.keys()]))
      metrics.gauge('concordat_in_doubt', this.of(participant).count, { participant });
    const oldestMs = Math.max(0, ...rows.map(({ oldestAgeMs }) => oldestAgeMs));
    metrics.gauge('concordat_in_doubt_oldest_age_seconds', oldestMs / 1000);
  }
}
