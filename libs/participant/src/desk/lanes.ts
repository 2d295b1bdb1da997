import type { Work } from './work.js';

/** A command in its lane. */
export interface LaneEntry {
  readonly work: Work;
  /** Reply partitions of all its copies; null: by key. */
  readonly partitions: Set<number | null>;
  readonly traceparent: string | null;
  /** Waits behind another command of its branch. */
  readonly queued: boolean;
  /** Resolves when the database holds what the command calls for; rejects when the database did not answer. */
  readonly held: Promise<void>;
  settle(error?: unknown): void;
}

/**
 * One lane a branch (gtx, branch): its commands run one after another, whatever partition or copy they came by, so a redelivered
 * command never runs twice at once in this process. A copy of a waiting or running command joins it: it runs once and is answered
 * to all who asked. Owns no safety: other processes are kept apart by the database.
 */
export class Lanes {
  private readonly lanes = new Map<string, LaneEntry[]>();
  private ready: LaneEntry[] = [];
  private scheduled = false;

  /** `start` gets, in one call, all commands that may run now; it settles each. */
  constructor(private readonly start: (ready: readonly LaneEntry[]) => void) {}

  /** Commands under way and waiting. */
  get open(): number {
    let open = 0;
    for (const lane of this.lanes.values()) open += lane.length;
    return open;
  }

  /** Settles with the command that settles next; only while one is open. */
  async next(): Promise<void> {
    const entries = [...this.lanes.values()].flatMap((lane) => lane.map(({ held }) => held));
    await Promise.race(entries.map((held) => held.then(undefined, () => undefined)));
  }

  enter(work: Work, traceparent: string | null): LaneEntry {
    const name = `${work.key.gtx}:${work.key.branch}`;
    const lane = this.lanes.get(name) ?? [];
    const copy = lane.find((entry) => sameCommand(entry.work, work));
    if (copy) {
      copy.partitions.add(work.command.replyPartition);
      return copy;
    }
    const entry = this.entryOf(name, work, traceparent, lane.length > 0);
    lane.push(entry);
    this.lanes.set(name, lane);
    if (lane.length === 1) this.makeReady(entry);
    return entry;
  }

  private entryOf(name: string, work: Work, traceparent: string | null, queued: boolean): LaneEntry {
    let settle!: (error?: unknown) => void;
    const held = new Promise<void>((resolve, reject) => {
      settle = (error) => (error === undefined ? resolve() : reject(error));
    });
    // Whoever entered awaits `held`; a rejection that nobody awaits (an injected outcome) must not end the process.
    held.catch(() => undefined);
    const partitions = new Set([work.command.replyPartition]);
    return {
      work,
      partitions,
      traceparent,
      queued,
      held,
      settle: (error) => (this.advance(name), settle(error)),
    };
  }

  private advance(name: string): void {
    const lane = this.lanes.get(name);
    lane?.shift();
    const next = lane?.[0];
    if (next) this.makeReady(next);
    else this.lanes.delete(name);
  }

  /** What becomes ready in one tick starts as one batch. */
  private makeReady(entry: LaneEntry): void {
    this.ready.push(entry);
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      this.start(this.ready.splice(0));
    });
  }
}

function sameCommand(a: Work, b: Work): boolean {
  if (a.command.type !== b.command.type || a.key.attempt !== b.key.attempt) return false;
  return (
    a.command.type !== 'COMPENSATE' ||
    b.command.type !== 'COMPENSATE' ||
    a.command.settle === b.command.settle
  );
}
