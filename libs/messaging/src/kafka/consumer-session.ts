/**
 * One kafkajs consumer, from connect to its end. It never outlives a crash: `KafkaSubscription` builds the next one.
 *
 * Invariants:
 *  S1 An `eachBatch` call ends only when its records are recorded or given back. kafkajs rejoins only when all calls
 *     have ended, so a partition leaves this member only after the handler call under way (M3).
 *  S2 Commits carry only what was recorded in this generation, and are sent before kafkajs rejoins (M2).
 *  S3 Nothing is delivered before a group that begins at the end has its beginning committed (M1, `from: 'latest'`).
 *  S4 From the moment a rejoin is due until the group is joined nothing is delivered, and it does not take for ever: kafkajs
 *     goes on with its old assignment, in silence, when the connection fails while it joins. Its heartbeats are answered then;
 *     its commits are not taken.
 *  S5 Who cannot begin to join within a minute, or then is not in the group after another, ends: kafkajs has waits without a
 *     limit on the way there.
 */
import type { Log } from '#observability';
import type { Cluster, Consumer, EachBatchPayload } from 'kafkajs';
import type { DeliveryLoop } from '../delivery-loop.js';
import type { SubscribeOptions } from '../port.js';
import { bounded } from './bounded.js';
import { needsRejoin, rebalanceIsUnderWay } from './errors.js';
import type { Gather } from './gather.js';
import { removeFormer, removeGhost } from './ghost.js';
import { incomingRecord } from './incoming.js';
import type { KafkaAdmin } from './kafka-admin.js';
import { commitBeginning } from './latest.js';
import type { OffsetLedger } from './offset-ledger.js';
import { TIMING } from './options.js';
import { StallWatch } from './stall-watch.js';

/** What a session works with; all of it is the subscription's. */
export interface SessionParts {
  readonly consumer: Consumer;
  /** The consumer's own view of the cluster. */
  readonly cluster: Cluster;
  /** Member id of the consumer before this one, which died in the group. */
  readonly ghost: string | undefined;
  /** Set: whoever is in the group under this clientId is a ghost, too. */
  readonly uniqueClientId?: string | undefined;
  readonly admin: KafkaAdmin;
  readonly options: SubscribeOptions;
  readonly loop: DeliveryLoop;
  readonly gather: Gather;
  readonly ledger: OffsetLedger;
  readonly log: Log;
  /** No batch for this long despite unread records: the session ends. */
  readonly stallMs: number;
}

type Assignment = Readonly<Record<string, readonly number[]>>;

/** The heartbeat itself is limited to one in `TIMING.heartbeatMs` by kafkajs. */
const BEAT_MS = TIMING.heartbeatMs / 2;

export class ConsumerSession {
  /** Settles when this consumer is of no more use; the reason is for the log. */
  readonly ended: Promise<unknown>;
  #end!: (reason: unknown) => void;
  #over = false;
  #running: Promise<void> = Promise.resolve();
  /** kafkajs works on the first join, and cannot be told to end it. */
  #joining = false;
  #assignment: Assignment = {};
  #generation = 0;
  #memberId: string | undefined;
  /** Resolves when records of this generation may be delivered. */
  #open: Promise<void> | undefined;
  /** Set from the moment a rejoin is known to be due until it has happened. */
  #rejoinDue: { readonly error: unknown; readonly sinceMs: number } | undefined;
  #committing: Promise<void> = Promise.resolve();
  readonly #calls = new Set<EachBatchPayload>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #stallWatch: StallWatch;

  constructor(private readonly parts: SessionParts) {
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#stallWatch = new StallWatch(parts.stallMs, () => this.#isBehind());
  }

  /** True from the first assignment on, whether or not a rebalance is under way. */
  get joined(): boolean {
    return this.#memberId !== undefined && !this.#over;
  }

  /** Who it is, or was, in the group. */
  get memberId(): string | undefined {
    return this.#memberId;
  }

  /** Batches came since the start. */
  get wasActive(): boolean {
    return this.#stallWatch.wasActive;
  }

  assigned(topic: string): readonly number[] {
    return this.#over ? [] : (this.#assignment[topic] ?? []);
  }

  /** Connects and begins to join, unless it ends before. Throws what kafkajs throws; later faults end the session. */
  async start(): Promise<void> {
    this.#listen();
    const limit = setTimeout(() => this.#requireJoin(), TIMING.joinMs);
    this.#timers.push(limit);
    await Promise.race([this.#begin(limit), this.ended]);
  }

  async #begin(limit: NodeJS.Timeout): Promise<void> {
    const partitions = await this.#connected();
    if (partitions === undefined) return;
    limit.refresh();
    this.#joining = true;
    this.#running = this.parts.consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: partitions,
      eachBatch: (payload) => this.#eachBatch(payload),
    });
    this.#running
      .catch((error: unknown) => this.#end(error))
      .finally(() => {
        this.#joining = false;
      });
    this.#timers.push(setInterval(() => void this.#beat(), BEAT_MS));
    this.#timers.push(setInterval(() => void this.commit(), TIMING.commitIntervalMs));
    this.#timers.push(setInterval(() => void this.#watch(), TIMING.stallMs / 3));
  }

  /** How many partitions there are to read. Undefined: it was over before, and what came up since is closed again. */
  async #connected(): Promise<number | undefined> {
    const { consumer, options, admin } = this.parts;
    const steps = [
      () => consumer.connect(),
      () => this.#removeGhosts(),
      // Also for 'latest', whose beginning is committed: so what retention removed under a reader is not skipped to the end.
      () => consumer.subscribe({ topics: [...options.topics], fromBeginning: true }),
    ];
    try {
      for (const step of steps) if (!this.#over) await step();
      const counts = await Promise.all(options.topics.map((topic) => admin.partitionCount(topic)));
      return this.#over ? undefined : counts.reduce((sum, count) => sum + count, 0);
    } finally {
      if (this.#over) await this.#disconnect();
    }
  }

  async #removeGhosts(): Promise<void> {
    const { cluster, options, ghost, uniqueClientId, log } = this.parts;
    // Under a name of our own also the one is found that died while it joined and was never told its id.
    if (uniqueClientId !== undefined) await removeFormer(cluster, options.group, uniqueClientId, log);
    else if (ghost !== undefined) await removeGhost(cluster, options.group, ghost, log);
  }

  /** Commits what is recorded; a failure is logged and left to the next commit. */
  async commit(): Promise<void> {
    this.#committing = this.#committing.then(() => this.#commitRecorded());
    await this.#committing;
  }

  /** Leaves the group without committing and closes the connection; records not handled stay unread. A first join is not waited for. */
  async dispose(): Promise<void> {
    this.#over = true;
    for (const timer of this.#timers) clearInterval(timer);
    const gone = this.#joining ? void this.#leaveOnceJoined() : this.#disconnect();
    this.parts.gather.clear();
    await gone;
  }

  /** Told to disconnect before, kafkajs would go on joining, and then read for ever what nobody takes. */
  async #leaveOnceJoined(): Promise<void> {
    try {
      await bounded(this.#running, TIMING.joinMs, 'first join');
    } catch (error) {
      this.parts.log.debug({ err: error }, 'a consumer that was not needed any more did not join');
    }
    await this.#disconnect();
  }

  async #disconnect(): Promise<void> {
    try {
      await bounded(this.parts.consumer.disconnect(), TIMING.disconnectMs, 'leave the group');
    } catch (error) {
      this.parts.log.debug({ err: error }, 'consumer was not closed in order');
    }
  }

  #listen(): void {
    const { consumer } = this.parts;
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => this.#onJoin(payload));
    consumer.on(consumer.events.REBALANCING, () => this.#onRebalancing());
    consumer.on(consumer.events.CRASH, ({ payload }) => this.#end(payload.error));
  }

  #onJoin({ memberId, memberAssignment }: { memberId: string; memberAssignment: Assignment }): void {
    // kafkajs completes a join that was under way when it was told to disconnect. A first one is not told before it has joined.
    if (this.#over) return this.#joining ? undefined : void this.#disconnect();
    const { gather, ledger, loop } = this.parts;
    gather.clear();
    ledger.clear();
    this.#rejoinDue = undefined;
    this.#generation += 1;
    this.#memberId = memberId;
    if (this.parts.options.from === 'earliest') this.#opened(memberAssignment);
    else this.#open = this.#openFromLatest(memberAssignment, this.#generation);
    loop.reopen();
  }

  #opened(assignment: Assignment): void {
    this.#assignment = assignment;
    this.#open = undefined;
  }

  async #openFromLatest(assignment: Assignment, generation: number): Promise<void> {
    try {
      // kafkajs takes no commit before its `run` has returned.
      await this.#running;
      await commitBeginning(this.parts, assignment);
      if (generation === this.#generation) this.#opened(assignment);
    } catch (error) {
      if (generation !== this.#generation) return;
      if (needsRejoin(error)) this.#rejoinIsDue(error);
      else this.#end(error);
    }
  }

  /** kafkajs is about to rejoin; a commit sent now reaches the coordinator before the rejoin does. */
  #onRebalancing(): void {
    this.#rejoinIsDue(rebalanceIsUnderWay());
    void this.commit();
  }

  async #eachBatch(payload: EachBatchPayload): Promise<void> {
    if (this.#over) return;
    this.#calls.add(payload);
    this.#stallWatch.active();
    try {
      if (this.#open) await this.#open;
      if (this.#rejoinDue) throw this.#rejoinDue.error;
      if (!this.#over && !payload.isStale()) await this.#deliver(payload);
    } finally {
      this.#calls.delete(payload);
      this.#stallWatch.active();
    }
  }

  async #deliver({ batch, resolveOffset }: EachBatchPayload): Promise<void> {
    const { topic, partition, messages } = batch;
    const { count, recorded } = this.parts.gather.accept(messages.length, (index) =>
      incomingRecord(topic, partition, messages[index]!),
    );
    this.parts.loop.wake();
    const last = messages[count - 1];
    if ((await recorded) && last) resolveOffset(last.offset);
  }

  /** Keeps the session alive while handlers work, and learns of rebalances. */
  async #beat(): Promise<void> {
    const [call] = this.#calls;
    if (!call) return;
    try {
      await call.heartbeat();
    } catch (error) {
      if (!needsRejoin(error)) this.parts.log.debug({ err: error }, 'heartbeat failed');
      else if (!this.#rejoinDue && this.#calls.size > 0) await this.#letGo(error);
    }
  }

  /** S1, S2: ends the handler call under way, commits, and then lets kafkajs rejoin. */
  async #letGo(error: unknown): Promise<void> {
    this.#rejoinIsDue(error);
    await this.parts.loop.drain();
    await this.commit();
    if (!this.#over) this.parts.gather.clear(error);
  }

  #rejoinIsDue(error: unknown): void {
    this.#rejoinDue ??= { error, sinceMs: performance.now() };
    this.#assignment = {};
  }

  async #commitRecorded(): Promise<void> {
    const { ledger, consumer, log } = this.parts;
    const generation = this.#generation;
    const offsets = ledger.take();
    if (offsets.length === 0) return;
    try {
      await bounded(consumer.commitOffsets([...offsets]), TIMING.commitTimeoutMs, 'commit');
    } catch (error) {
      log.debug({ err: error }, 'offsets not committed; trying again');
      if (generation !== this.#generation) return;
      ledger.putBack(offsets);
      if (needsRejoin(error)) this.#rejoinIsDue(rebalanceIsUnderWay(error));
    }
  }

  #requireJoin(): void {
    if (!this.joined) this.#end(new Error(`not in the group after ${TIMING.joinMs} ms`));
  }

  async #watch(): Promise<void> {
    if (!this.joined || this.#calls.size > 0) return;
    if (this.#rejoinDue) {
      const waitedMs = performance.now() - this.#rejoinDue.sinceMs;
      if (waitedMs > TIMING.stallMs) this.#end(new Error(`no rejoin in ${Math.round(waitedMs)} ms`));
      // Open records hold the offset back: unread is then no sign of anything.
    } else if (this.parts.loop.openCount === 0 && (await this.#stallWatch.isStalled())) {
      this.#end(new Error('no batch although records are unread'));
    }
  }

  async #isBehind(): Promise<boolean> {
    const { admin, options } = this.parts;
    for (const topic of options.topics) {
      const mine = this.assigned(topic);
      if (mine.length === 0) continue;
      const progress = await admin.progress(options.group, topic);
      const behind = progress.some(
        ({ partition, low, high, committed }) => mine.includes(partition) && high > (committed ?? low),
      );
      if (behind) return true;
    }
    return false;
  }
}
