import type { BranchKey } from '#persistence';
import type { Decision } from '#protocol';
import type { Random } from '#observability';
import type { Desk } from '../desk/desk.js';
import type { Engine } from '../desk/engine.js';
import { keyText, workOf } from '../desk/work.js';

/** A branch prepared here for longer than it should be. */
export interface Doubt {
  readonly key: BranchKey;
  /** Ledger epoch of its PREPARE; 0 when only the gid is known, which is older than every ledger. */
  readonly ledgerEpoch: number;
  readonly ageMs: number;
}

/** One way to ask (Kafka, HTTP). Answers, where they come back at once, are given to `applyOutcome`. */
export type Ask = (doubts: readonly Doubt[]) => Promise<void>;

export interface InDoubtOptions {
  readonly inquireAfterMs: number;
  readonly alarmAfterMs: number;
  /** Asked in turn, one a round. */
  readonly ways: readonly Ask[];
}

interface Tracked {
  askAtMs: number;
  asks: number;
  alarmed: boolean;
}

const MAX_ROWS = 500;
/** Rounds between two questions about the same branch are at most this many times `inquireAfterMs`. */
const MAX_STRETCH = 6;

/**
 * Watches what is prepared here and asks for the outcome of what is in doubt. Never guesses: no answer, PENDING and UNKNOWN mean
 * wait, and after `alarmAfterMs` alarm.
 */
export class InDoubtWatch {
  private readonly tracked = new Map<string, Tracked>();
  private held: readonly Doubt[] = [];

  constructor(
    private readonly desk: Desk,
    private readonly engine: Engine,
    private readonly random: Random,
    private readonly options: InDoubtOptions,
  ) {}

  /** What was in doubt at the last scan. */
  get doubts(): readonly Doubt[] {
    return this.held;
  }

  async scan(): Promise<void> {
    this.held = await this.read();
    this.forgetOthers();
    this.raiseAlarms();
    const due = this.held.filter(({ key }) => this.desk.clock.nowMs() >= this.trackedOf(key).askAtMs);
    const { ways } = this.options;
    for (const [index, ask] of ways.entries()) {
      const asked = due.filter(({ key }) => this.trackedOf(key).asks % ways.length === index);
      if (asked.length > 0) await ask(asked);
    }
    for (const { key } of due) this.askLater(this.trackedOf(key));
  }

  /** An outcome, wherever it came from, counts only for exactly this attempt and only while it is prepared here (R4). */
  async applyOutcome(key: BranchKey, decision: Decision): Promise<void> {
    const { row, gid } = await this.desk.look(key);
    if (!gid && row?.state !== 'PREPARED') return;
    const address = { participant: this.desk.participant, ...key, ledgerEpoch: row?.ledgerEpoch ?? 0 };
    const work = workOf({ type: decision, ...address, replyPartition: null }, this.desk.clock.nowMs());
    this.desk.log.info({ ...key, decision }, 'an inquiry brought the outcome of a branch in doubt');
    await this.engine.take(work, null).held;
  }

  private async read(): Promise<readonly Doubt[]> {
    const { store, catalog, metrics, participant } = this.desk;
    const { inquireAfterMs: olderThanMs } = this.options;
    const gids = catalog.usesXa ? await store.preparedGids() : [];
    metrics.gauge('concordat_prepared_transactions', gids.length, { participant });
    const rows = await store.preparedRows({ olderThanMs, limit: MAX_ROWS });
    const old = gids.filter(({ ageMs }) => ageMs >= olderThanMs);
    return [
      ...old.map((gid) => doubtOf(gid, gid.ageMs, 0)),
      ...rows.map((row) => doubtOf(row, row.ageMs, row.ledgerEpoch)),
    ];
  }

  private forgetOthers(): void {
    const names = new Set(this.held.map(({ key }) => keyText(key)));
    for (const name of this.tracked.keys()) if (!names.has(name)) this.tracked.delete(name);
  }

  private raiseAlarms(): void {
    const late = this.held.filter(({ ageMs }) => ageMs >= this.options.alarmAfterMs);
    this.desk.metrics.gauge('concordat_in_doubt_alarms', late.length, { participant: this.desk.participant });
    for (const { key, ageMs } of late) {
      const tracked = this.trackedOf(key);
      if (tracked.alarmed) continue;
      tracked.alarmed = true;
      this.desk.log.error(
        { ...key, ageMs },
        'in doubt for too long: no coordinator tells the outcome; the branch keeps its locks',
      );
    }
  }

  private trackedOf(key: BranchKey): Tracked {
    const name = keyText(key);
    const tracked = this.tracked.get(name) ?? { askAtMs: 0, asks: 0, alarmed: false };
    this.tracked.set(name, tracked);
    return tracked;
  }

  private askLater(tracked: Tracked): void {
    tracked.asks += 1;
    const stretch = Math.min(MAX_STRETCH, 2 ** (tracked.asks - 1)) * (0.8 + 0.4 * this.random.next());
    tracked.askAtMs = this.desk.clock.nowMs() + this.options.inquireAfterMs * stretch;
  }
}

function doubtOf({ gtx, attempt, branch }: BranchKey, ageMs: number, ledgerEpoch: number): Doubt {
  return { key: { gtx, attempt, branch }, ageMs, ledgerEpoch };
}
