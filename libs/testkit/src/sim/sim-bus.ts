import { BusError } from '#messaging';
import type {
  Bus,
  BusHealth,
  IncomingRecord,
  OutgoingRecord,
  StillOpen,
  SubscribeOptions,
  Subscription,
  TopicSpec,
} from '#messaging';
import type { Dice } from '../dice.js';
import type { Direction, Network } from './network.js';
import { never } from './process.js';
import type { SimProcess } from './process.js';
import type { Scheduler } from './scheduler.js';
import type { Tally } from './tally.js';

/** The broker gives a silent member's partitions to others after this long (protocol.md §7). */
const SESSION_MS = 6_000;
/** A publish that nobody answers is given up (`TIMING.publishGiveUpMs` of the Kafka adapter). */
const GIVE_UP_MS = 15_000;
const TRY_MS = 500;

/** Requests that the records of one publish are dealt to at most where the weather reorders. */
const HANDS = 4;

type Member = Subscription & { crash(): void };

/** The bus as one simulated process sees it: the embedded broker behind a network that may lose, double, delay and reorder. */
export class SimBus implements Bus {
  private readonly members: SimMember[] = [];
  /** Records of this process leave in order unless the weather reorders. */
  private lineFreeAtMs = 0;

  constructor(
    private readonly inner: Bus,
    private readonly process: SimProcess,
    private readonly scheduler: Scheduler,
    private readonly network: Network,
    private readonly dice: Dice,
    private readonly tally: Tally,
  ) {
    process.whenDead(() => this.expireAfter(SESSION_MS * dice.next()));
  }

  ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    return this.asked(() => this.inner.ensureTopics(topics));
  }

  partitions(topic: string): Promise<number> {
    return this.asked(() => this.inner.partitions(topic));
  }

  lag(group: string, topic: string): Promise<number> {
    return this.inner.lag(group, topic);
  }

  health(): Promise<BusHealth> {
    return this.inner.health();
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  async publish(records: readonly OutgoingRecord[]): Promise<void> {
    if (this.process.isDead) return never();
    this.tally.add('publishes');
    this.tally.add('records', records.length);
    const { bus } = this.network.weather;
    if (this.network.isCut(this.process, 'to', 'bus')) return this.silence('to');
    if (this.dice.chance(bus.refuse)) return this.refusal();
    const arrivals = await Promise.all(this.transport(records));
    const fault = arrivals.find((arrival) => arrival instanceof Error);
    if (this.network.isCut(this.process, 'from', 'bus')) return this.silence('from');
    const lost = this.dice.chance(bus.loseAnswer);
    await this.process.sleep(this.network.latencyMs());
    if (fault) throw fault;
    if (lost) throw unavailable();
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    const member = new SimMember(() =>
      this.inner.subscribe({ ...options, handler: (batch) => this.deliver(options, batch) }),
    );
    await this.asked(() => member.join());
    this.members.push(member);
    return member;
  }

  private expireAfter(ms: number): void {
    const { network, scheduler } = this;
    network.unreadUntilMs = Math.max(network.unreadUntilMs, scheduler.nowMs + ms);
    scheduler.after(ms, () => this.members.forEach((member) => member.expel()));
  }

  /** SIGSTOP that outlasted the session: the group went on without it, and it joins anew. */
  async rejoin(): Promise<void> {
    for (const member of this.members) {
      if (this.process.isDead) return;
      member.expel();
      await member.join();
    }
  }

  /**
   * One request carries them all, in order, unless the weather reorders: then they are dealt to a few that overtake each other.
   * Further copies travel on their own. Resolves with the broker's refusal instead of throwing it, so that the others of the
   * publish still travel.
   */
  private transport(records: readonly OutgoingRecord[]): Promise<Error | undefined>[] {
    const { bus } = this.network.weather;
    const kept = records.filter(() => !this.dice.chance(bus.lose));
    const requests = bus.reorder ? this.dealt(kept) : kept.length > 0 ? [kept] : [];
    const arrivals = requests.map((request) => this.arrive(request));
    for (const copies of this.furtherCopies(kept)) void this.arrive(copies);
    return arrivals;
  }

  private dealt(records: readonly OutgoingRecord[]): readonly (readonly OutgoingRecord[])[] {
    const hands = Array.from({ length: Math.min(HANDS, records.length) }, (): OutgoingRecord[] => []);
    for (const record of records) this.dice.pick(hands).push(record);
    return hands.filter((hand) => hand.length > 0);
  }

  /** All second copies together, all third ones together, and so on. */
  private furtherCopies(records: readonly OutgoingRecord[]): readonly (readonly OutgoingRecord[])[] {
    const { duplicate, copies } = this.network.weather.bus;
    const requests: OutgoingRecord[][] = [];
    for (const record of records) {
      const further = this.dice.chance(duplicate) ? this.dice.between(...copies) - 1 : 0;
      for (let copy = 0; copy < further; copy += 1) (requests[copy] ??= []).push(record);
    }
    return requests;
  }

  private async arrive(records: readonly OutgoingRecord[]): Promise<Error | undefined> {
    await this.scheduler.sleep(this.travelMs());
    return this.inner.publish(records).then(
      () => undefined,
      (error: unknown) => error as Error,
    );
  }

  private travelMs(): number {
    const { network, scheduler } = this;
    const { bus } = network.weather;
    const late = this.dice.chance(bus.delay) ? this.dice.between(...bus.delayMs) : 0;
    const arrivesAtMs = scheduler.nowMs + network.latencyMs() + late;
    if (late > 0) network.heldUpUntilMs = Math.max(network.heldUpUntilMs, arrivesAtMs);
    if (bus.reorder) return arrivesAtMs - scheduler.nowMs;
    this.lineFreeAtMs = Math.max(this.lineFreeAtMs, arrivesAtMs);
    return this.lineFreeAtMs - scheduler.nowMs;
  }

  private async refusal(): Promise<never> {
    await this.process.sleep(this.network.latencyMs());
    throw unavailable();
  }

  /** The driver tries until it gives up, or hears that its connection is gone. */
  private async silence(direction: Direction): Promise<never> {
    const untilMs = this.scheduler.nowMs + GIVE_UP_MS;
    while (this.network.isCut(this.process, direction, 'bus') && this.scheduler.nowMs < untilMs)
      await this.process.sleep(TRY_MS);
    throw unavailable();
  }

  private async asked<T>(work: () => Promise<T>): Promise<T> {
    await this.process.sleep(this.network.latencyMs());
    if (this.network.isCut(this.process, 'to', 'bus')) return this.silence('to');
    return work();
  }

  /** A batch waits at the door of a paused or cut-off process; a dead one never answers. */
  private async deliver(
    { handler }: SubscribeOptions,
    batch: readonly IncomingRecord[],
  ): Promise<void | readonly StillOpen[]> {
    await this.process.sleep(this.network.latencyMs());
    while (this.network.isCut(this.process, 'from', 'bus')) await this.process.sleep(TRY_MS);
    return handler(batch);
  }
}

/** A subscription that survives being put out of its group. */
class SimMember implements Subscription {
  private current: Member | null = null;
  private stopped = false;

  constructor(private readonly subscribe: () => Promise<Subscription>) {}

  async join(): Promise<void> {
    if (!this.stopped) this.current = (await this.subscribe()) as Member;
  }

  expel(): void {
    this.current?.crash();
  }

  assigned(topic: string): readonly number[] {
    return this.current?.assigned(topic) ?? [];
  }

  pause(): void {
    this.current?.pause();
  }

  resume(): void {
    this.current?.resume();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.current?.stop();
  }
}

const unavailable = (): BusError => new BusError('UNAVAILABLE', 'simulated: the broker did not answer', true);
