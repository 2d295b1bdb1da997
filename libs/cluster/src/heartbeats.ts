import type { Clock, Log } from '#observability';

/** One instance as the store shows it. */
export interface Member {
  readonly id: string;
  readonly silentMs: number;
}

export interface View<M extends Member> {
  readonly alive: readonly M[];
  /** Silent for longer than allowed, by the store's clock. */
  readonly dead: readonly M[];
}

/** Where beats are kept: the ledger, so that whoever can write decisions is alive, and nobody else is. */
export interface BeatStore<M extends Member> {
  beat(): Promise<View<M>>;
}

export interface HeartbeatOptions {
  readonly everyMs: number;
  /** Beats only while this holds: a process whose work is stuck must look dead, so that others take over. */
  readonly working: () => boolean;
}

/**
 * Beats and watches the others. Takeover does not wait for a consumer group (protocol.md §7): one that is silent is dead, and
 * `onView` may claim what it drove. Being wrong costs effort, never safety: versions and write-once cells decide.
 */
export class Heartbeats<M extends Member> {
  private cancel: (() => void) | null = null;
  private beating: Promise<void> | null = null;
  private stopped = true;
  private latest: View<M> = { alive: [], dead: [] };

  constructor(
    private readonly store: BeatStore<M>,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly options: HeartbeatOptions,
    private readonly onView: (view: View<M>) => void,
  ) {}

  get view(): View<M> {
    return this.latest;
  }

  /** Beats once, so that the instance is known before it takes work, then on its own. Rejects when the store is away; then call it again. */
  async start(): Promise<void> {
    await this.beat();
    if (!this.stopped) return;
    this.stopped = false;
    this.schedule();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.cancel?.();
    await this.beating;
  }

  private schedule(): void {
    if (this.stopped) return;
    this.cancel = this.clock.after(this.options.everyMs, () => {
      this.beating = this.beatOrLog().finally(() => this.schedule());
    });
  }

  private async beatOrLog(): Promise<void> {
    if (!this.options.working()) {
      this.log.warn({}, 'work is stuck; not beating, so that others take over');
      return;
    }
    try {
      await this.beat();
    } catch (error) {
      this.log.warn({ err: error }, 'heartbeat failed');
    }
  }

  private async beat(): Promise<void> {
    this.latest = await this.store.beat();
    this.onView(this.latest);
  }
}
