import { Decision, InvariantError, NoCode, newlyOutstanding, outcomeOf, outstanding, step } from '#protocol';
import type { Command, ProtocolEvent, Transition } from '#protocol';
import type { StepOutcome, StoredTransaction } from '#persistence';
import { Batcher } from '../batcher.js';
import type { EngineDeps, EngineOptions } from '../deps.js';
import { afterLedger } from '../relay/durable.js';
import type { Durable } from '../relay/durable.js';
import type { Relay } from '../relay/relay.js';
import { viewOf } from './entry.js';
import type { Entry } from './entry.js';
import { reachAfterAnswer, reachAfterWrite, reachBeforeWrite, reachSomeAcks } from './fault-points.js';
import type { Journal } from './journal.js';
import type { DriveTable } from './table.js';
import type { EventResult, Work, WorkEvent } from './work.js';
import { stepWrite } from './write.js';

/** A write that was stale this often in a row means two drivers fight or the image is broken: give the event back. */
const MAX_REREADS = 8;

const LOCKS: ReadonlySet<string> = new Set([NoCode.LockTimeout, NoCode.Deadlock, NoCode.Serialization]);

type DurableTransition = Extract<Transition, { kind: 'durable' }>;
type UnwrittenTransition = Exclude<Transition, DurableTransition>;

interface Planned {
  readonly work: Work;
  readonly entry: Entry;
  readonly before: Entry['drive'];
  readonly transition: DurableTransition;
}

/**
 * advance → decide → commitStep → relay, one pass a batch. Several events of one transaction in a batch are folded until one is
 * durable; the rest wait for the next pass, so that each is decided on a written image.
 */
export class Stepper {
  private readonly batcher: Batcher<Work>;
  /** Passes finished so far: a backlog whose number stands still is stuck. */
  passes = 0;

  constructor(
    private readonly deps: EngineDeps,
    private readonly options: EngineOptions,
    private readonly instanceId: string,
    private readonly table: DriveTable,
    private readonly relay: Relay,
    private readonly journal: Journal,
    /** The ledger is in recovery hold. */
    private readonly held: () => boolean,
  ) {
    this.batcher = new Batcher((batch) => this.pass(batch), options.maxBatch);
  }

  /** Events that wait for their pass. */
  get backlog(): number {
    return this.batcher.size;
  }

  add(work: readonly Work[]): void {
    this.batcher.addAll(work);
  }

  idle(): Promise<void> {
    return this.batcher.idle();
  }

  private async pass(batch: readonly Work[]): Promise<void> {
    this.deps.metrics.observe('concordat_batch_size', batch.length, { stage: 'step' });
    try {
      const { here: known, read } = await this.loadMissing(batch);
      const { planned, sends, later, doubted } = this.decide(known, read);
      await this.relay.send(sends);
      await reachSomeAcks(this.deps.faults, known);
      if (planned.length > 0) await this.commit(planned);
      await this.reread(doubted);
      this.batcher.addAll(later);
    } catch (error) {
      // Nothing was answered yet for these: the bringer keeps its record and brings it again.
      for (const work of batch) work.failed(error);
    } finally {
      this.releaseEnded(batch);
      this.passes += 1;
    }
  }

  /** Brings what this process does not drive, or may not drive any more, from the ledger, in one read: others move that. */
  private async loadMissing(batch: readonly Work[]) {
    const wanted = batch.filter(({ gtx, event }) => event.type === 'reread' || !this.table.get(gtx)?.mine);
    const read = new Set(wanted.map((work) => work.gtx));
    if (read.size > 0) {
      const loaded = await this.deps.ledger.load([...read]);
      for (const stored of loaded)
        if (!this.table.isCurrent(stored)) this.journal.moved(this.table.put(stored));
    }
    const [here, gone] = partition(batch, (work) => this.table.get(work.gtx) !== undefined);
    for (const work of gone) work.done({ kind: 'unknown' });
    return { here, read };
  }

  private decide(batch: readonly Work[], read: ReadonlySet<string>) {
    const planned = new Map<string, Planned>();
    const sends: Durable[] = [];
    const later: Work[] = [];
    const doubted: Work[] = [];
    for (const work of batch) {
      const entry = this.table.get(work.gtx)!;
      if (planned.has(work.gtx)) {
        later.push(work);
        continue;
      }
      const transition = this.transition(work, entry);
      // A driver that was replaced does not know yet: what its copy refuses is refused only after a read.
      if (transition.kind === 'refused' && !read.has(work.gtx) && work.rereads === 0) doubted.push(work);
      else if (transition.kind === 'durable') planned.set(work.gtx, this.plan(work, entry, transition));
      else this.answer(work, entry, transition, sends);
    }
    return { planned: [...planned.values()], sends, later, doubted };
  }

  private plan(work: Work, entry: Entry, transition: DurableTransition): Planned {
    this.heard(work.event, entry);
    return { work, entry, before: entry.drive, transition };
  }

  /** Nothing to write: answered at once. */
  private answer(work: Work, entry: Entry, transition: UnwrittenTransition, sends: Durable[]): void {
    if (transition.kind !== 'refused') this.heard(work.event, entry);
    if (transition.kind === 'volatile') {
      entry.drive = transition.drive;
      if (transition.sends.length > 0) sends.push(this.durable(entry, transition.sends, []));
    }
    work.done(resultOf(transition, entry));
  }

  private heard(event: WorkEvent, entry: Entry): void {
    entry.touchedAtMs = this.deps.clock.nowMs();
    if (event.type !== 'vote' && event.type !== 'ack' && event.type !== 'result') return;
    const again = event.type === 'result' && event.result === 'RETRY';
    this.table.answered(entry, event.participant, again);
    if (again && LOCKS.has(event.fault?.code ?? '')) this.table.metLock(entry);
  }

  private transition(work: Work, entry: Entry): Transition {
    const { event } = work;
    switch (event.type) {
      case 'look':
      case 'reread':
        return { kind: 'none', reason: 'looked' };
      case 'answer':
        return { kind: 'volatile', drive: entry.drive, sends: [event.command] };
      case 'resend':
        return {
          kind: 'volatile',
          drive: entry.drive,
          sends: addressedTo(outstanding(entry.drive), event.participant),
        };
      default:
        return this.heldBack(
          this.guarded(() => this.stepped(entry, event), entry),
          event,
        );
    }
  }

  /** An acknowledgement waits in the memory of the driver for the others. Here it would wait for ever: it is written at once. */
  private stepped(entry: Entry, event: ProtocolEvent): Transition {
    const transition = step(entry.drive, event);
    if (entry.mine || event.type !== 'ack') return transition;
    // Known already may mean: from the time when this process drove it, and never written.
    const kept = transition.kind === 'volatile' ? transition.drive : entry.drive;
    const written = step(kept, { type: 'flush' });
    return written.kind === 'durable' && transition.kind !== 'refused' ? written : transition;
  }

  /** A restored ledger may have lost a COMMIT: while it is held, no ABORT is written (§7). */
  private heldBack(transition: Transition, event: ProtocolEvent): Transition {
    const aborts = transition.kind === 'durable' && transition.change.decide?.decision === Decision.Abort;
    if (!aborts || !this.held()) return transition;
    if (event.type !== 'force-abort') return { kind: 'none', reason: 'recovery hold' };
    return { kind: 'refused', code: 'HELD', detail: 'recovery hold: release it first' };
  }

  /** A broken invariant stops this step alone: logged, never retried, nothing written. */
  private guarded(run: () => Transition, entry: Entry): Transition {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof InvariantError)) throw error;
      this.deps.log.error({ err: error, gtx: entry.drive.tx.gtx }, 'invariant broken; step dropped');
      return { kind: 'none', reason: 'invariant broken' };
    }
  }

  private async commit(planned: readonly Planned[]): Promise<void> {
    await reachBeforeWrite(
      this.deps.faults,
      planned.map((one) => one.transition),
    );
    const context = { ...this.options, instanceId: this.instanceId };
    const writes = planned.map((one) => stepWrite(one.entry, one.transition.change, context));
    const { sessionsLost } = this.deps.ledger;
    const outcomes = await this.writeAll(planned, writes);
    if (!outcomes) return;
    await reachAfterWrite(
      this.deps.faults,
      planned.map((one) => one.transition),
    );
    const [applied, stale] = partition(
      planned.map((one, at) => ({ one, outcome: outcomes[at]! })),
      ({ outcome }) => outcome.kind === 'applied',
    );
    await this.relay.send(applied.map(({ one, outcome }) => this.applied(one, outcome)));
    for (const { one } of applied) this.finish(one, sessionsLost);
    await reachAfterAnswer(
      this.deps.faults,
      planned.map((one) => one.transition),
      this.deps.clock,
    );
    await this.reread(stale.map(({ one }) => one.work));
  }

  /** null: the write failed; whatever it did is found by re-reading the cell (an ambiguous error is neither commit nor abort). */
  private async writeAll(
    planned: readonly Planned[],
    writes: Parameters<EngineDeps['ledger']['commitSteps']>[0],
  ) {
    try {
      return await this.deps.ledger.commitSteps(writes);
    } catch (error) {
      this.deps.log.warn({ err: error, transactions: writes.length }, 'step write failed; re-reading');
      for (const { entry } of planned) this.table.drop(entry.drive.tx.gtx);
      for (const { work } of planned) work.failed(error);
      this.journal.doubt(planned.map(({ work }) => work.gtx));
      return null;
    }
  }

  private applied(one: Planned, outcome: StepOutcome): Durable {
    const { entry, transition } = one;
    const at = outcome.kind === 'applied' ? outcome.at : '';
    const { change } = transition;
    entry.drive = stamp(transition.drive, change.decide?.attempt ?? null, at, this.instanceId);
    entry.stored = {
      ...entry.stored,
      tx: entry.drive.tx,
      driver: this.instanceId,
      updatedAt: at,
      endedAt: change.ended ? at : null,
    };
    entry.mine = !change.ended;
    if (change.startAttempt) entry.deadlineAtMs = this.deps.clock.nowMs() + this.options.sagaTimeoutMs;
    this.table.progressed(entry);
    return this.durable(entry, transition.sends, change.decide ? [change.decide.attempt] : []);
  }

  private finish({ work, entry, before, transition }: Planned, sessionsLost: number): void {
    this.journal.wrote(entry, before, transition.change, sessionsLost);
    work.done({ kind: 'ok', stored: viewOf(entry), changed: true });
  }

  /** Somebody else moved it: read it again and decide anew on what is there; never retry blindly. */
  private async reread(stale: readonly Work[]): Promise<void> {
    if (stale.length === 0) return;
    const stored = await this.deps.ledger.load(stale.map((work) => work.gtx));
    for (const one of stored) this.journal.moved(this.table.put(one));
    for (const work of stale) {
      work.rereads += 1;
      if (work.rereads > MAX_REREADS) work.failed(new Error(`transaction ${work.gtx} is contended`));
      else this.batcher.add(work);
    }
  }

  private durable(entry: Entry, commands: readonly Command[], announce: readonly number[]): Durable {
    return afterLedger({
      tx: entry.drive.tx,
      commands,
      announce,
      final: announce.length > 0 && outcomeOf(entry.drive.tx) !== null,
      initiator: entry.stored.initiator,
      traceparent: entry.stored.traceparent,
      budgetMs: entry.deadlineAtMs - this.deps.clock.nowMs(),
    });
  }

  /** Ended transactions leave memory, after the pass: several of its events may be of one that ended before. */
  private releaseEnded(batch: readonly Work[]): void {
    for (const { gtx } of batch) if (this.table.get(gtx)?.stored.endedAt) this.table.drop(gtx);
  }

  /** First sends of a transaction this process just took (D1 done, or claimed), with what a dead driver may not have announced. */
  async launch(entries: readonly { entry: Entry; announce: boolean }[]): Promise<void> {
    const batch = entries.map(({ entry, announce }) => {
      const decided = entry.drive.tx.attempts
        .filter((attempt) => attempt.decision !== null)
        .map((attempt) => attempt.attempt);
      return this.durable(entry, newlyOutstanding(null, entry.drive), announce ? decided : []);
    });
    await this.relay.send(batch);
  }
}

function resultOf(transition: UnwrittenTransition, entry: Entry): EventResult {
  const stored: StoredTransaction = viewOf(entry);
  if (transition.kind === 'refused')
    return { kind: 'refused', code: transition.code, detail: transition.detail, stored };
  return { kind: 'ok', stored, changed: transition.kind === 'volatile' };
}

function addressedTo(commands: readonly Command[], participant: string | null): readonly Command[] {
  return participant === null ? commands : commands.filter((command) => command.participant === participant);
}

/** The ledger's time and our name on the cell we filled. */
function stamp(drive: Entry['drive'], attempt: number | null, at: string, by: string): Entry['drive'] {
  if (attempt === null) return drive;
  const attempts = drive.tx.attempts.map((one) =>
    one.attempt === attempt ? { ...one, decidedAt: at, decidedBy: by } : one,
  );
  return { ...drive, tx: { ...drive.tx, attempts } };
}

function partition<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  const yes: T[] = [];
  const no: T[] = [];
  for (const item of items) (test(item) ? yes : no).push(item);
  return [yes, no];
}
