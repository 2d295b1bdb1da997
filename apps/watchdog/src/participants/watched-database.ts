import type { ParticipantDatabase } from '#coordination';
import type { Clock, Log, Metrics } from '#observability';
import { createOutsideFinisher, type OutsideFinisher } from '#participant';
import type { BranchStore, PreparedGid } from '#persistence';
import type { Decision } from '#protocol';

/** What is known of a participant's database. */
export interface DatabaseStatus {
  readonly participant: string;
  /** null before the first look. */
  readonly reachable: boolean | null;
  /** Why not; null when it is. */
  readonly detail: string | null;
  /** Prepared transactions at the last look. */
  readonly prepared: number | null;
  /** Branches this process ended there. */
  readonly finished: number;
}

export interface WatchedDatabaseDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Of the coordinator's ledger: written on tombstones. */
  readonly ledgerEpoch: () => Promise<number>;
}

type Key = Parameters<ParticipantDatabase['finish']>[0];
type Finished = Awaited<ReturnType<ParticipantDatabase['finish']>>;

/**
 * A participant's database, given to a watchdog. One branch that cannot be ended (another session is at it, another role owns it)
 * is logged and left for the next sweep; it never keeps the others from being ended.
 */
export class WatchedDatabase implements ParticipantDatabase {
  private readonly finisher: OutsideFinisher;
  private reachable: boolean | null = null;
  private detail: string | null = null;
  private prepared: number | null = null;
  private finished = 0;

  constructor(
    readonly participant: string,
    private readonly store: BranchStore,
    private readonly deps: WatchedDatabaseDeps,
  ) {
    this.finisher = createOutsideFinisher({ participant, store, ...deps });
  }

  get status(): DatabaseStatus {
    const { participant, reachable, detail, prepared, finished } = this;
    return { participant, reachable, detail, prepared, finished };
  }

  preparedGids(): Promise<readonly PreparedGid[]> {
    return this.noted(async () => {
      const gids = await this.store.preparedGids();
      this.prepared = gids.length;
      return gids;
    });
  }

  async finish(key: Key, decision: Decision): Promise<Finished> {
    try {
      const state = await this.finisher.finish(key, decision, await this.deps.ledgerEpoch());
      if (state !== null) this.finished += 1;
      return state;
    } catch (error) {
      const { gtx, branch } = key;
      const { participant } = this;
      this.deps.log.warn({ err: error, participant, gtx, branch, decision }, 'branch could not be ended yet');
      return null;
    }
  }

  ping(): Promise<void> {
    return this.noted(() => this.store.ping());
  }

  /** Looks how it stands there. Never throws: the status says what is wrong. */
  async look(): Promise<void> {
    try {
      const { length } = await this.preparedGids();
      const { participant } = this;
      this.deps.metrics.gauge('concordat_prepared_transactions', length, { participant });
    } catch (error) {
      this.deps.log.debug({ err: error, participant: this.participant }, 'participant database is away');
    }
  }

  close(): Promise<void> {
    return this.store.close();
  }

  private async noted<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      this.reachable = true;
      this.detail = null;
      return result;
    } catch (error) {
      this.reachable = false;
      this.detail = error instanceof Error ? error.message : String(error);
      throw error;
    }
  }
}
