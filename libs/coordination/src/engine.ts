import { Heartbeats } from '#cluster';
import type { View } from '#cluster';
import type { BatchHandler, Subscription } from '#messaging';
import type { InstanceRecord, LedgerState, StoredTransaction } from '#persistence';
import type { EngineDeps, EngineOptions, Identity } from './deps.js';
import { dueEvents } from './drive/due.js';
import { viewOf } from './drive/entry.js';
import type { Entry } from './drive/entry.js';
import { Journal } from './drive/journal.js';
import { RecentEnds } from './drive/recent-ends.js';
import { ReplySeat } from './drive/reply-seat.js';
import { Stepper } from './drive/stepper.js';
import { DriveTable } from './drive/table.js';
import { Wheel } from './drive/wheel.js';
import type { EventResult, WorkEvent } from './drive/work.js';
import { Burst } from './intake/burst.js';
import { DeadLetterStore, guardOutcomes } from './intake/dead-letter-store.js';
import { DeadLetterBox } from './intake/letters.js';
import { Registry } from './intake/registry.js';
import { ReplyIntake } from './intake/replies.js';
import { RequestIntake } from './intake/requests.js';
import { SubmissionDesk } from './intake/submission.js';
import { Waiters } from './intake/waiters.js';
import type { Stage } from './intake/waiters.js';
import { Relay } from './relay/relay.js';
import { Takeover } from './recovery/takeover.js';
import type { Sweep } from './recovery/takeover.js';

/** Observers of others' transactions are dropped after this long without an event. */
const OBSERVER_IDLE_MS = 30_000;
/** A step backlog that has not moved for this long means the work is stuck. */
const STUCK_MS = 5_000;
const DRAIN_MS = 5_000;
const DRAIN_LOOK_MS = 50;

/**
 * The engine room of one process: a coordinator and a watchdog run the same one (a coordinator also takes requests).
 *
 * Owns: which transactions this process pushes, their timers, what it subscribes to. Does not own: any decision (protocol),
 * any truth (ledger). Called by the apps, and by the simulation with simulated ports.
 *
 *  E1 Nothing leaves before the ledger holds what it follows from (`Durable`).
 *  E2 A stale or failed write is re-read, never repeated blindly.
 *  E3 A record's offset may advance only when its events are recorded, answered or dead-lettered.
 *  E4 Memory is only a cache: a crash at any point loses votes and timers, nothing else.
 */
export class Engine {
  readonly registry: Registry;
  readonly waiters: Waiters;
  readonly desk: SubmissionDesk;
  private readonly table: DriveTable;
  private readonly wheel: Wheel;
  private readonly journal: Journal;
  private readonly relay: Relay;
  private readonly stepper: Stepper;
  private readonly takeover: Takeover;
  private readonly letters: DeadLetterBox;
  private readonly heartbeats: Heartbeats<InstanceRecord>;
  private subscriptions: Subscription[] = [];
  private replies: Subscription | null = null;
  private readonly seat = new ReplySeat();
  /** As of the last sweep. */
  private state: LedgerState = { epoch: 0, hold: false };
  /** Time at the ledger minus our monotonic clock, as of the last sweep. */
  private ledgerAheadMs = 0;
  private lastScanMs = 0;
  private lastMoveMs = 0;
  private lastPasses = -1;
  private scanning: Promise<void> | null = null;

  constructor(
    private readonly deps: EngineDeps,
    private readonly identity: Identity,
    private readonly options: EngineOptions,
  ) {
    const { ledger, bus, topics, clock, log, metrics, faults } = deps;
    const { instanceId } = identity;
    this.registry = new Registry(ledger);
    this.wheel = new Wheel(clock, (keys) => this.onDue(keys));
    this.table = new DriveTable(clock, this.wheel, instanceId);
    const burst = new Burst(clock);
    this.waiters = new Waiters(ledger, clock, log, (gtx) => this.table.get(gtx)?.mine === true, burst);
    this.journal = new Journal(clock, log, metrics, this.waiters, new RecentEnds(clock, ledger));
    const replyPartition = (): number | null => this.replyPartitions[0] ?? null;
    this.relay = new Relay({
      ...{ bus, topics, faults, log, replyPartition },
      ledgerEpoch: () => this.state.epoch,
      readsPacks: (participant) => this.registry.readsPacks(participant),
    });
    this.stepper = new Stepper(
      deps,
      options,
      instanceId,
      this.table,
      this.relay,
      this.journal,
      () => this.state.hold,
    );
    this.letters = new DeadLetterBox(deps, this.sender());
    this.takeover = new Takeover(deps, options, instanceId, this.table, this.journal, {
      launch: (entries) => this.stepper.launch(entries.map((entry) => ({ entry, announce: true }))),
      dead: () => this.heartbeats.view.dead.map(({ id }) => id),
      hears: () => this.subscribed,
      working: () => this.working(),
    });
    this.desk = new SubmissionDesk(deps, options, this.registry, {
      instanceId,
      ledgerEpoch: () => this.state.epoch,
      ledgerWallMs: () => this.ledgerWallMs,
      inflight: () => this.table.size,
      burst,
      created: (stored) => this.created(stored),
      doubt: (gtxs) => this.journal.doubt(gtxs),
    });
    this.heartbeats = new Heartbeats(
      { beat: () => ledger.heartbeat(this.selfBeat(), options.deadAfterMs) },
      clock,
      log,
      { everyMs: options.heartbeatMs, working: () => this.working() },
      (view) => this.onView(view.dead),
    );
  }

  /**
   * Frees what an earlier process of this name left, begins to beat and to take over what nobody drives, and subscribes. (Taken over
   * in its own name it would not be told from what is taken already, and the sweep would not end.) Throws when ledger or broker are
   * away; then call it again.
   */
  async start(): Promise<void> {
    await this.readState();
    await this.registry.refresh();
    this.wheel.start();
    await this.deps.ledger.retire(this.identity.instanceId);
    await this.heartbeats.start();
    await this.subscribe();
  }

  /**
   * Takes no new work, lets what is in flight end for up to `drainMs`, then hands the rest to the others. Idempotent.
   * Nothing is lost whatever the budget: what is not finished here is claimed elsewhere.
   */
  async stop(drainMs = DRAIN_MS): Promise<void> {
    const [replies, ...intake] = this.subscriptions;
    this.subscriptions = [];
    await this.takeover.stop();
    await Promise.all(intake.map((subscription) => subscription.stop()));
    await this.desk.idle();
    await this.drained(drainMs);
    await replies?.stop();
    this.wheel.stop();
    this.waiters.releaseAll();
    await this.stepper.idle();
    await this.relay.drain();
    await this.heartbeats.stop();
    await this.scanning;
    await this.deps.ledger.retire(this.identity.instanceId);
  }

  /** Puts one event through the door: advance → decide → commitStep → relay. Rejects when the ledger is away (nothing is known then). */
  submit(gtx: string, event: WorkEvent): Promise<EventResult> {
    return new Promise((done, failed) => this.stepper.add([{ gtx, event, done, failed, rereads: 0 }]));
  }

  /** Waits for a stage of a transaction that was accepted or read before; null when `waitMs` passed first. */
  async awaitStage(
    stored: StoredTransaction,
    stage: Stage,
    waitMs: number,
  ): Promise<StoredTransaction | null> {
    const { gtx } = stored.tx;
    const waiting = this.waiters.wait(gtx, stage, waitMs);
    // It may have moved between the answer of the ledger and this call.
    const held = this.table.get(gtx);
    this.waiters.moved(held ? viewOf(held) : stored);
    return waiting;
  }

  /**
   * One sweep now: dead drivers, neglected transactions, returned participants. Resolves with how many were taken over; of a large
   * backlog that is the first of it.
   */
  async scan(): Promise<number> {
    await this.look();
    return this.takeover.sweep();
  }

  /** What the sweep goes by: who is back, and the state of the ledger. */
  private async look(): Promise<void> {
    const back = await this.registry.refresh();
    for (const participant of back) this.participantIsBack(participant);
    await this.readState();
  }

  /** The last sweep that ended; null before the first. */
  get lastSweep(): Sweep | null {
    return this.takeover.lastSweep;
  }

  private async readState(): Promise<void> {
    const { wallMs, ...state } = await this.deps.ledger.state();
    this.state = state;
    this.ledgerAheadMs = wallMs - this.deps.clock.nowMs();
  }

  /** Wall clock of the ledger: ours may be wrong, and two instances must not judge the age of an id differently. */
  get ledgerWallMs(): number {
    return this.deps.clock.nowMs() + this.ledgerAheadMs;
  }

  /** The instances as of the last heartbeat. */
  get instances(): View<InstanceRecord> {
    return this.heartbeats.view;
  }

  /** The newest image this process holds of a transaction it drives, votes included. */
  held(gtx: string): Entry | undefined {
    return this.table.get(gtx);
  }

  /** Transactions in memory. */
  get inflight(): number {
    return this.table.size;
  }

  /** True once the replies topic is assigned: before that nothing could be answered to us. */
  get subscribed(): boolean {
    return this.replyPartitions.length > 0;
  }

  private get replyPartitions(): readonly number[] {
    return this.replies?.assigned(this.deps.topics.replies) ?? [];
  }

  /** Resolves when this process drives nothing any more, or the time is up. */
  private drained(drainMs: number): Promise<void> {
    const { clock } = this.deps;
    const untilMs = clock.nowMs() + drainMs;
    return new Promise((resolve) => {
      const look = (): void => {
        const busy = [...this.table.all()].some((entry) => entry.mine);
        if (!busy || clock.nowMs() >= untilMs) resolve();
        else clock.after(DRAIN_LOOK_MS, look);
      };
      look();
    });
  }

  private async created(stored: readonly StoredTransaction[]): Promise<void> {
    await this.stepper.launch(stored.map((one) => ({ entry: this.table.put(one), announce: false })));
  }

  private async subscribe(): Promise<void> {
    const { topics, bus } = this.deps;
    const replies = new ReplyIntake(this.deps, this.registry, this.letters, {
      submit: (gtx, event) => this.submit(gtx, event),
      participantIsBack: (participant) => this.participantIsBack(participant),
    });
    const from = 'earliest' as const;
    this.replies = await bus.subscribe({
      topics: [topics.replies],
      group: `${topics.replies}.drivers`,
      from,
      handler: (batch) => replies.handle(batch),
    });
    this.subscriptions = [this.replies];
    const more = this.identity.role === 'coordinator' ? this.intake() : this.guards();
    for (const [topic, handler] of more) {
      const group = `${topic}.${this.identity.role}s`;
      this.subscriptions.push(await bus.subscribe({ topics: [topic], group, from, handler }));
    }
  }

  private intake(): readonly (readonly [string, BatchHandler])[] {
    const { topics, ledger, metrics } = this.deps;
    const requests = new RequestIntake(this.deps, this.desk, this.relay, this.letters);
    const store = new DeadLetterStore(ledger, metrics, this.sender());
    return [
      [topics.requests, (batch) => requests.handle(batch)],
      [topics.deadLetters, (batch) => store.handle(batch)],
    ];
  }

  /** Nobody else reads all outcomes all the time: the watchdogs bury what does not belong there. */
  private guards(): readonly (readonly [string, BatchHandler])[] {
    return [[this.deps.topics.outcomes, (batch) => guardOutcomes(batch, this.letters)]];
  }

  private sender() {
    return { app: this.identity.role, instance: this.identity.instanceId };
  }

  private onDue(keys: readonly string[]): void {
    const due = dueEvents(keys, this.table, this.deps.clock, this.deps.random);
    const failed = (error: unknown): void =>
      this.deps.log.debug({ err: error }, 'timer step failed; the next one repeats it');
    this.stepper.add(
      due.map(({ gtx, event }) => ({ gtx, event, done: () => undefined, failed, rereads: 0 })),
    );
  }

  private participantIsBack(participant: string): void {
    for (const entry of this.table.all()) {
      if (!entry.mine || !entry.drive.tx.branches.some((branch) => branch.participant === participant))
        continue;
      entry.tries = 0;
      void this.submit(entry.drive.tx.gtx, { type: 'resend', participant }).catch((error: unknown) =>
        this.deps.log.debug({ err: error }, 're-send failed; the timer repeats it'),
      );
    }
  }

  private onView(dead: readonly InstanceRecord[]): void {
    this.deps.metrics.gauge('concordat_inflight', this.table.size);
    this.table.forgetIdleObservers(OBSERVER_IDLE_MS);
    if (this.seat.moved(this.replyPartitions)) this.table.askAgain();
    const now = this.deps.clock.nowMs();
    if (dead.length === 0 && now - this.lastScanMs < this.options.scanIntervalMs) return;
    this.lastScanMs = now;
    this.scanning ??= this.scan()
      .then(() => undefined)
      .catch((error: unknown) => this.deps.log.warn({ err: error }, 'sweep failed; the next one repeats it'))
      .finally(() => (this.scanning = null));
  }

  /** Stuck = events wait and none was taken for a while, though this timer runs. */
  private working(): boolean {
    const now = this.deps.clock.nowMs();
    if (this.stepper.backlog === 0 || this.stepper.passes !== this.lastPasses) {
      this.lastPasses = this.stepper.passes;
      this.lastMoveMs = now;
    }
    return now - this.lastMoveMs < STUCK_MS;
  }
  private selfBeat() {
    const { instanceId, role, url } = this.identity;
    return {
      id: instanceId,
      role,
      url,
      replyPartitions: this.replyPartitions,
    };
  }
}
