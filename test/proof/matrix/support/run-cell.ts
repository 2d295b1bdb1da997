import { until, within } from '../../../crash/support/until.js';
import type { Cell } from './cells.js';
import { insist, submit } from './client.js';
import { holdFor, newDeed } from './deeds.js';
import type { Deed, Hold } from './deeds.js';
import type { Pod } from './estate.js';
import { changedTables, fingerprint } from './fingerprint.js';
import { probe } from './probe.js';
import { readStory } from './story.js';
import type { Announced, Story } from './story.js';
import { judge } from './verdicts.js';
import type { Verdict } from './verdicts.js';

/** What came of a cell. */
export interface Result {
  readonly cell: Cell;
  readonly reached: boolean;
  /** How long the victim was away, where it comes back: until it is ready again. 0 where another stands in. */
  readonly awayMs: number;
  /** From then (or from the strike, or from the end of the lock that made it fall back) to the last transaction's end; null: not ended in time. */
  readonly recoveredMs: number | null;
  /** Outcome and its reason, of each transaction. */
  readonly outcomes: readonly string[];
  /** What is wrong, by invariant. */
  readonly wrong: Partial<Record<Verdict | 'zombie' | 'cell', readonly string[]>>;
}

/** I3, and what the fault itself lasts: a frozen session with an open transaction is ended by the database after 10 s. */
const LIMIT_MS = 15_000;
const FROZEN_SESSION_MS = 10_000;
/** An instance silent for this long is dead to the others (1.5 s), and some more. */
const SILENT_MS = 2_000;
const isParticipant = (app: string): boolean => app === 'inventory' || app === 'payments';
const BURST = 3;
const BURSTS = 6;
/** How long a point may take to be reached: W5 waits until its participant is silent for 6 s. */
const REACH_MS = 25_000;
/** Where two share the work, the next transactions may meet the other one. */
const SHARED_REACH_MS = 4_000;

export class CellRun {
  /** The victim died or stopped at the point. */
  reached = false;
  private readonly deeds: Deed[] = [];
  private readonly holds: Hold[] = [];
  private readonly victim: string;
  private readonly noise: string;
  private printedBefore = 0;
  private awayMs = 0;
  /** The database was seen to keep a local transaction of the stopped process open. */
  private sessionFroze = false;

  constructor(
    private readonly pod: Pod,
    readonly cell: Cell,
    private readonly announced: Announced,
  ) {
    this.victim = `${cell.victim}-1`;
    this.noise = `fault point ${cell.point}: ${cell.strike === 'kill' ? 'kill' : 'pause'}`;
  }

  async run(): Promise<Result> {
    const { pod, cell } = this;
    await pod.arm(this.armed());
    this.printedBefore = pod.printedBytes(this.victim);
    try {
      this.reached = await this.provoke();
      const { reached } = this;
      if (!reached)
        return this.result({
          reached,
          recoveredMs: null,
          wrong: { cell: [`${cell.point} was not reached`] },
        });
      const recoveredMs = await this.recover();
      const zombie = cell.strike === 'stop' && cell.recovery === 'other' ? await this.wakeZombie() : [];
      return await this.judged(recoveredMs, zombie);
    } finally {
      await Promise.all(this.holds.map((hold) => hold.release()));
      if (cell.strike === 'stop') pod.cluster.app(this.victim).resume();
    }
  }

  /** The victim, and whoever must die first so that a watchdog has work. */
  private armed(): ReadonlyMap<string, string> {
    const { point, situation, strike } = this.cell;
    const armed = new Map([[this.victim, `${point}:${strike === 'kill' ? 'kill' : 'pause'}`]]);
    if (point === 'W5') armed.set('payments-1', situation === 'commit' ? 'P5:kill' : 'P3:kill');
    else if (this.cell.victim === 'watchdog') armed.set('coordinator-1', 'C4:kill');
    return armed;
  }

  /** Hands in transactions until the point is reached. A second watchdog stands still until then. */
  private async provoke(): Promise<boolean> {
    const { pod, cell } = this;
    const bystanders =
      cell.victim === 'watchdog' ? pod.alive('watchdog').filter((name) => name !== this.victim) : [];
    for (const name of bystanders) pod.cluster.app(name).pause();
    const giveUp = new AbortController();
    try {
      const shared = cell.recovery === 'other' && !['coordinator', 'watchdog'].includes(cell.victim);
      for (let burst = 0; burst < (shared ? BURSTS : 1); burst += 1) {
        const sent = this.burst(giveUp.signal);
        const struck = await this.struckWithin(shared ? SHARED_REACH_MS : REACH_MS);
        if (struck) giveUp.abort();
        await sent;
        if (struck) return true;
      }
      return false;
    } finally {
      for (const name of bystanders) pod.cluster.app(name).resume();
    }
  }

  private async burst(giveUp: AbortSignal): Promise<void> {
    const { pod, cell } = this;
    const deeds = await Promise.all(Array.from({ length: BURST }, () => newDeed(pod, cell)));
    this.holds.push(await holdFor(pod, cell, deeds));
    this.deeds.push(...deeds);
    const entrance = cell.traffic === 'order' ? 'orders-1' : 'coordinator-1';
    await Promise.all(deeds.map((deed) => submit(pod, entrance, deed, giveUp)));
  }

  private async struckWithin(limitMs: number): Promise<boolean> {
    const seen = (): Promise<boolean> =>
      Promise.resolve(this.pod.printed(this.victim, this.printedBefore).includes(this.noise));
    if (!(await within(limitMs, seen))) return false;
    if (this.cell.strike === 'kill') await this.pod.cluster.app(this.victim).exited;
    this.pod.disarm();
    return true;
  }

  /** Brings the victim back or leaves it to the others; milliseconds to the end of all it had a part in. */
  private async recover(): Promise<number> {
    const { pod, cell } = this;
    const struckAtMs = performance.now();
    if (cell.recovery === 'same') await this.bringBack(struckAtMs);
    let sinceMs = performance.now();
    this.awayMs = cell.recovery === 'same' ? sinceMs - struckAtMs : 0;
    const [coordinator] = pod
      .alive('coordinator')
      .filter((name) => cell.recovery === 'same' || name !== this.victim);
    const deeds = cell.victim === 'watchdog' ? await this.endable() : this.deeds;
    if (cell.victim !== 'watchdog') await this.insist(coordinator!);
    if (cell.traffic.startsWith('fallback')) {
      await Promise.all(this.holds.map((hold) => hold.over));
      sinceMs = performance.now();
    }
    await this.ended(deeds);
    const recoveredMs = performance.now() - sinceMs;
    // The dead of a watchdog's cell come back only now.
    if (cell.victim === 'watchdog') await this.bury();
    return recoveredMs;
  }

  /** What a watchdog can end: the ledger has it, and it does not wait for the vote of a participant that died before it could prepare. */
  private async endable(): Promise<readonly Deed[]> {
    const rows = await this.pod.query<{ gtx: string }>(
      'coordinator',
      'SELECT gtx FROM concordat.transaction WHERE gtx = ANY($1::uuid[]) AND NOT ($2 AND state = $3)',
      [this.deeds.map(({ gtx }) => gtx), this.cell.point === 'W5', 'PREPARING'],
    );
    const within = new Set(rows.map(({ gtx }) => gtx));
    return this.deeds.filter(({ gtx }) => within.has(gtx!));
  }

  private async bringBack(struckAtMs: number): Promise<void> {
    const { cluster } = this.pod;
    if (this.cell.strike === 'kill') return void (await cluster.restart(this.victim));
    const silent = (): Promise<boolean> => Promise.resolve(performance.now() - struckAtMs > SILENT_MS);
    await until('silent for long enough', SILENT_MS * 2, silent);
    cluster.app(this.victim).resume();
    await cluster.app(this.victim).ready();
  }

  private async insist(coordinator: string): Promise<void> {
    const { pod, cell } = this;
    const orders = cell.recovery === 'other' ? 'orders-2' : 'orders-1';
    await insist(pod, cell.traffic === 'order' ? orders : coordinator, this.deeds, LIMIT_MS);
  }

  /** The coordinator of a watchdog's cell comes back, and its clients get the answers they missed. */
  private async bury(): Promise<void> {
    const { cluster } = this.pod;
    const dead = ['coordinator-1', 'payments-1'].filter((name) => cluster.app(name).exit !== undefined);
    await Promise.all(dead.map((name) => cluster.restart(name)));
    await insist(this.pod, 'coordinator-1', this.deeds, LIMIT_MS);
    await this.ended(this.deeds);
  }

  private async ended(deeds: readonly Deed[]): Promise<void> {
    const what = `${deeds.length} transactions ended`;
    const over = async (): Promise<boolean> => {
      this.sessionFroze ||= await this.hasFrozenSession();
      return (await this.open(deeds)).length === 0;
    };
    await until(what, LIMIT_MS, over)
      .catch((error: unknown) => {
        if (!this.sessionFroze) throw error;
        return until(what, FROZEN_SESSION_MS, over);
      })
      .catch(async (error: unknown) => {
        throw new Error(`${String(error)}: ${JSON.stringify(await this.open(deeds))}`);
      });
  }

  /** Wherever a participant stops, another of its jobs may be in the middle of its local transaction, and keeps the locks of it. */
  private async hasFrozenSession(): Promise<boolean> {
    const { strike, recovery, victim } = this.cell;
    if (strike !== 'stop' || recovery !== 'other' || !isParticipant(victim)) return false;
    const rows = await this.pod.query(
      victim,
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'
         AND state_change < clock_timestamp() - $1 * interval '1 ms'`,
      [SILENT_MS],
    );
    return rows.length > 0;
  }

  /** What has not come to its end, and who has not answered: not in the ledger, live, or an order that is not told. */
  private async open(deeds: readonly Deed[]): Promise<readonly string[]> {
    const rows = await this.pod.query<{ gtx: string; live: string | null }>(
      'coordinator',
      `SELECT gtx, CASE WHEN ended_at IS NULL
         THEN concat_ws(' ', state, attempt, 'tries', tries, 'settled', settled, 'of', participants) END AS live
       FROM concordat.transaction WHERE gtx = ANY($1::uuid[])`,
      [deeds.map(({ gtx }) => gtx)],
    );
    const known = new Map(rows.map(({ gtx, live }) => [gtx, live]));
    const live = deeds.flatMap(({ gtx }) => {
      const state = known.has(gtx!) ? known.get(gtx!) : 'unknown';
      return state === null ? [] : [`${gtx} ${state}`];
    });
    return [...live, ...(await this.pendingOrders(deeds))];
  }

  private async pendingOrders(deeds: readonly Deed[]): Promise<readonly string[]> {
    const ids = deeds.flatMap(({ orderId }) => orderId ?? []);
    if (ids.length === 0) return [];
    const text = `SELECT id::text FROM orders.customer_order WHERE id = ANY($1::uuid[]) AND status = 'PENDING'`;
    return (await this.pod.query<{ id: string }>('orders', text, [ids])).map(
      ({ id }) => `order ${id} PENDING`,
    );
  }

  /**
   * All is over without it; it wakes, works (a probe is carried through), and is stopped: its drain is the last it can do.
   * Returns the tables that it changed.
   */
  private async wakeZombie(): Promise<readonly string[]> {
    const { pod, victim } = this;
    const before = await fingerprint(pod);
    const app = pod.cluster.app(victim);
    app.resume();
    await app.ready();
    await probe(pod, this.cell.victim === 'coordinator' ? victim : pod.alive('coordinator')[0]);
    const { code, signal } = await app.stop();
    const changed = changedTables(before, await fingerprint(pod)).map(
      (table) => `the zombie changed ${table}`,
    );
    return code === 0 ? changed : [...changed, `the zombie ended with ${code ?? signal}`];
  }

  private async judged(recoveredMs: number, zombie: readonly string[]): Promise<Result> {
    const read = await Promise.all(this.deeds.map((deed) => readStory(this.pod, deed, this.announced)));
    const stories = read.map((story) => this.asMeant(story));
    const outcomes = stories.map(({ attempts }) => {
      return attempts
        .map(({ decision, reason }) => (reason ? `${decision} ${reason}` : `${decision}`))
        .join(' → ');
    });
    const answered = this.cell.point === 'C8' && !this.deeds.some(({ told }) => told === 'committed');
    const wrong = {
      ...judge(stories),
      ...(zombie.length > 0 ? { zombie } : {}),
      ...(answered ? { cell: ['C8 struck before any client was answered'] } : {}),
    };
    return this.result({ reached: true, recoveredMs, outcomes, wrong });
  }

  /** Whoever prepares again meets the locks of a session that froze, and may give up there; for no other reason. */
  private asMeant(story: Story): Story {
    const gaveUp = this.sessionFroze && story.attempts.at(-1)?.reason === 'LOCK_TIMEOUT';
    return gaveUp ? { ...story, wanted: null } : story;
  }

  private result(
    more: Omit<Result, 'cell' | 'awayMs' | 'outcomes'> & Partial<Pick<Result, 'outcomes'>>,
  ): Result {
    return { cell: this.cell, awayMs: this.awayMs, outcomes: [], ...more };
  }
}
