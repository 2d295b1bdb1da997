import { BusError } from '#messaging';
import type { IncomingRecord, StillOpen, Subscription } from '#messaging';
import { backoffMs } from '#protocol';
import { StoreError } from '#persistence';
import { topicPolicies } from '#wire';
import type { Desk } from '../desk/desk.js';
import type { Engine } from '../desk/engine.js';
import { messageOf } from '../desk/fault.js';
import { ParticipantError } from '../errors.js';
import { heldVotes, helloOf } from './announce.js';
import { listBranches } from './branch-list.js';
import type { BranchPage, BranchQuery } from './branch-list.js';
import type { InDoubtWatch } from './in-doubt.js';
import type { Accepted, Intake } from './intake.js';
import type { CompiledOptions } from './options.js';
import type { OutcomeReader } from './outcome-reader.js';
import type { Publisher } from './publisher.js';
import type { ReplyPartitions } from './reply-partitions.js';
import { Ticker } from './ticker.js';

export interface RuntimeParts {
  readonly options: CompiledOptions;
  readonly desk: Desk;
  readonly engine: Engine;
  readonly publisher: Publisher;
  readonly intake: Intake;
  readonly replyPartitions: ReplyPartitions;
  readonly watch: InDoubtWatch;
  readonly outcomes: OutcomeReader;
  readonly bootId: string;
}

/** Readiness: `detail` names the failing part. */
export interface ParticipantHealth {
  readonly ok: boolean;
  readonly detail: string;
}

const MIN_SCAN_MS = 50;
const MAX_SCAN_MS = 2_000;
const GARBAGE_LIMIT = 1_000;
/** How long a batch may keep the next one waiting. */
const PATIENCE_MS = 250;

/** A participant as it runs. Does not own store and bus: whoever made them closes them after `stop`. */
export class ParticipantRuntime {
  private subscription: Subscription | null = null;
  private tickers: readonly Ticker[] = [];
  private phase: 'new' | 'starting' | 'running' | 'stopped' = 'new';
  private whyNot = 'not started';
  private cancelRetry: (() => void) | null = null;

  constructor(private readonly parts: RuntimeParts) {}

  get name(): string {
    return this.parts.options.name;
  }

  /** Commands taken and not yet held by the database. */
  get openCommands(): number {
    return this.parts.engine.open;
  }

  /**
   * Resolves after the first try: running, or (database or broker away) trying on in the background while `health` says why.
   * Throws ParticipantError for what only an operator can change: xa without `max_prepared_transactions`.
   */
  async start(): Promise<void> {
    if (this.phase !== 'new') throw stoppedError(this.name);
    this.phase = 'starting';
    await this.tryToOpen(0);
  }

  /** Takes a batch of command records. The bus calls it; a reader that keeps slow records open may call it, too. */
  accept(batch: readonly IncomingRecord[]): Accepted {
    return this.parts.intake.accept(batch);
  }

  async health(): Promise<ParticipantHealth> {
    if (this.phase !== 'running') return { ok: false, detail: `${this.phase}: ${this.whyNot}` };
    try {
      await this.parts.desk.store.ping();
    } catch (error) {
      return { ok: false, detail: `database: ${messageOf(error)}` };
    }
    return this.parts.options.bus.health();
  }

  /** A page of branch rows and prepared transactions. Throws RangeError for a foreign cursor. */
  branches(query: BranchQuery): Promise<BranchPage> {
    const { store, catalog } = this.parts.desk;
    return listBranches(store, catalog.usesXa, query);
  }

  /** Stops taking, finishes what is under way, sends its replies, commits offsets. Idempotent. */
  async stop(): Promise<void> {
    if (this.phase === 'stopped') return;
    this.phase = 'stopped';
    this.whyNot = 'stopped';
    this.cancelRetry?.();
    await Promise.all(this.tickers.map((ticker) => ticker.stop()));
    await Promise.all([this.subscription?.stop(), this.parts.outcomes.stop()]);
    await this.parts.engine.idle();
    await this.drainReplies();
  }

  /**
   * Waits for the batch, so that the next one is what came meanwhile; but not for slow handlers, nor for long: what is not read may
   * be the decision that frees the locks this batch waits for. What is open keeps its offset.
   */
  private async take(batch: readonly IncomingRecord[]): Promise<readonly StillOpen[]> {
    const accepted = this.accept(batch);
    let cancel = (): void => undefined;
    const late = new Promise<void>((resolve) => {
      cancel = this.parts.options.clock.after(PATIENCE_MS, resolve);
    });
    await Promise.race([accepted.fast(), late]).finally(() => cancel());
    return accepted.stillOpen();
  }

  private async tryToOpen(failures: number): Promise<void> {
    try {
      await this.open();
    } catch (error) {
      if (!mayPass(error)) throw error;
      this.whyNot = messageOf(error);
      this.parts.desk.log.warn({ error: this.whyNot }, 'the participant cannot start yet and tries again');
      this.tryAgain(failures);
    }
  }

  private tryAgain(failures: number): void {
    if (this.phase !== 'starting') return;
    const { clock, random, log } = this.parts.options;
    this.cancelRetry = clock.after(backoffMs(failures, random.next()), () => {
      this.tryToOpen(failures + 1).catch((error: unknown) => {
        this.whyNot = messageOf(error);
        log.error({ error: this.whyNot }, 'the participant cannot start');
      });
    });
  }

  private async open(): Promise<void> {
    const { options, replyPartitions, publisher, desk } = this.parts;
    await this.checkDatabase();
    const { createTopics, topics, bus, name } = options;
    if (createTopics)
      await bus.ensureTopics(topicPolicies(topics, { ...createTopics, participants: [name] }));
    await replyPartitions.refresh();
    const votes = await heldVotes(desk);
    if (this.phase !== 'starting') return;
    this.subscription ??= await bus.subscribe({
      topics: [topics.command(name)],
      group: topics.command(name),
      from: 'earliest',
      handler: (batch) => this.take(batch),
    });
    if (this.phase !== 'starting') return this.subscription.stop();
    this.phase = 'running';
    publisher.send([helloOf(desk, options.instance, this.parts.bootId), ...votes]);
    this.startTickers();
  }

  private async checkDatabase(): Promise<void> {
    const { store, catalog, participant } = this.parts.desk;
    if (!catalog.usesXa) return store.ping();
    const slots = await store.maxPreparedTransactions();
    if (slots > 0) return;
    throw new ParticipantError(
      'CONCORDAT_PREPARED_TRANSACTIONS_DISABLED',
      `Participant "${participant}" has xa operations, but its PostgreSQL runs with max_prepared_transactions = 0.`,
      'Set max_prepared_transactions to at least the number of branches prepared at a time (for example 200) and restart the server.',
    );
  }

  private startTickers(): void {
    const { options, publisher, desk, watch, outcomes, bootId } = this.parts;
    const { clock, log, inquireAfterMs, helloEveryMs, collectEveryMs, retentionMs, instance } = options;
    const scanEveryMs = Math.min(MAX_SCAN_MS, Math.max(MIN_SCAN_MS, inquireAfterMs / 4));
    const collect = async () => void (await desk.store.collectGarbage({ retentionMs, limit: GARBAGE_LIMIT }));
    this.tickers = [
      new Ticker(clock, log, 'hello', helloEveryMs, () => publisher.send([helloOf(desk, instance, bootId)])),
      new Ticker(clock, log, 'in-doubt', scanEveryMs, () => watch.scan().then(() => outcomes.follow())),
      new Ticker(clock, log, 'garbage', collectEveryMs, collect),
    ];
    for (const ticker of this.tickers) ticker.start();
  }

  private async drainReplies(): Promise<void> {
    const { publisher, options } = this.parts;
    const cancel = options.clock.after(options.drainMs, () => publisher.stop());
    await publisher.drained();
    cancel();
    publisher.stop();
  }
}

/** The database or the broker may come back; wrong settings and missing tables do not change by themselves. */
function mayPass(error: unknown): boolean {
  if (error instanceof StoreError) return error.code === 'UNAVAILABLE';
  return error instanceof BusError && error.code !== 'CLOSED';
}

function stoppedError(name: string): ParticipantError {
  return new ParticipantError(
    'CONCORDAT_STOPPED',
    `Participant "${name}" was started before.`,
    'Build a new one with createParticipant.',
  );
}
