import { decisionJobs, jobsOf, runsAlone } from './jobs.js';
import type { Job, SlotKind } from './jobs.js';
import type { Desk } from './desk.js';
import { messageOf } from './fault.js';
import { Lanes } from './lanes.js';
import type { LaneEntry } from './lanes.js';
import { Slots } from './slots.js';
import { isWork } from './work.js';
import type { Answer, OutgoingReply, Work } from './work.js';

export interface EngineOptions {
  /** Local transactions at a time: at most the connections of the store. A quarter is kept for those who finish. */
  readonly concurrency: number;
  /** Takes replies to what the database holds. */
  readonly send: (replies: readonly OutgoingReply[]) => void;
}

/** One command as the engine took it. */
export interface Taken {
  /** Resolves when the database holds it, its replies are handed over; rejects when the database does not answer. */
  readonly held: Promise<void>;
  /** It may take as long as a business handler does, or waits behind one: others of its batch should not wait for it. */
  readonly slow: boolean;
}

/**
 * Runs commands: lanes keep one branch's commands in order, jobs group what is ready, slots bound the local transactions.
 *
 * Invariants:
 *  E1 A reply is handed over only after the commit that makes it true.
 *  E2 A command that the database could not record is neither answered nor held: it comes again.
 *  E3 Replies leave as their job ends; no job waits for another's.
 */
export class Engine {
  private readonly lanes = new Lanes((ready) => this.start(ready));
  private readonly slots: Readonly<Record<SlotKind, Slots>>;

  constructor(
    private readonly desk: Desk,
    private readonly options: EngineOptions,
  ) {
    const { concurrency } = options;
    const finishing = Math.max(1, Math.floor(concurrency / 4));
    this.slots = {
      work: new Slots(Math.max(1, concurrency - finishing)),
      finish: new Slots(finishing),
      'xa-finish': new Slots(concurrency),
    };
  }

  /** Commands that are not held yet. */
  get open(): number {
    return this.lanes.open;
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.lanes.open > 0) await this.lanes.next();
  }

  take(work: Work, traceparent: string | null): Taken {
    const entry = this.lanes.enter(work, traceparent);
    return { held: entry.held, slow: entry.queued || runsAlone(this.desk, work) };
  }

  private start(ready: readonly LaneEntry[]): void {
    const entries = new Map(ready.map((entry) => [entry.work, entry]));
    const works = [...entries.keys()];
    const decided = works.filter((work) => isWork(work, 'COMMIT', 'ABORT'));
    for (const job of jobsOf(this.desk, works)) void this.run(job, entries);
    if (decided.length > 0) void this.startDecisions(decided, entries);
  }

  private async startDecisions(
    works: Parameters<typeof decisionJobs>[1],
    entries: ReadonlyMap<Work, LaneEntry>,
  ): Promise<void> {
    try {
      await this.desk.faults.reach('P5', works.length);
      for (const job of await decisionJobs(this.desk, works)) void this.run(job, entries);
    } catch (error) {
      this.fail(works, entries, error);
    }
  }

  private async run(job: Job, entries: ReadonlyMap<Work, LaneEntry>): Promise<void> {
    try {
      const known = await job.look?.();
      const outcome = known ?? (await this.slots[job.slot].run(() => job.run()));
      if ('instead' in outcome) return void outcome.instead.map((each) => this.run(each, entries));
      this.options.send(outcome.flatMap((answer) => repliesOf(answer, entries)));
      for (const work of job.works) entries.get(work)?.settle();
    } catch (error) {
      this.fail(job.works, entries, error);
    }
  }

  private fail(works: readonly Work[], entries: ReadonlyMap<Work, LaneEntry>, error: unknown): void {
    this.desk.log.debug(
      { error: messageOf(error), commands: works.length },
      'the database did not record commands; they come again',
    );
    for (const work of works) entries.get(work)?.settle(error);
  }
}

/** One reply to every partition that asked for it. */
function repliesOf({ work, reply }: Answer, entries: ReadonlyMap<Work, LaneEntry>): OutgoingReply[] {
  const entry = entries.get(work);
  if (!reply || !entry) return [];
  return [...entry.partitions].map((partition) => ({
    message: reply,
    partition,
    traceparent: entry.traceparent,
  }));
}
