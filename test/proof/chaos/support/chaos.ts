import { setTimeout as pause } from 'node:timers/promises';
import type { Dice } from '../../../crash/support/random.js';
import type { Shop } from '../../../crash/support/shop.js';
import { until } from '../../../crash/support/until.js';
import { crowdDuring } from './crowd.js';
import { stillOpen } from './evidence.js';
import type { Load } from './load.js';
import { patient } from './patience.js';
import type { ChaosSite } from './site.js';
import { inDoubt } from './verdict.js';

/** From a kill to the restart, at most: takeovers begin and are overlapped. */
const DOWN_MS = 1_500;
const DECIDED_MS = 60_000;
/** An app whose first way into a group hangs begins anew after a minute. */
const READY_MS = 120_000;
/** I3: every id that was accepted has come to its end so long after the last fault, at most. */
const PROMISE_MS = 15_000;
/** How long a broken promise is watched, to tell by how much. */
const SETTLE_MS = 60_000;

/** Until no transaction was live. */
export interface Rest {
  readonly settleMs: number;
  readonly promisedMs: number;
}

/** In words, when it took longer than promised. */
export function brokenPromise({ settleMs, promisedMs }: Rest): string | undefined {
  if (settleMs <= promisedMs) return undefined;
  return `I3: the last end came after ${Math.round(settleMs)} ms, promised ${Math.round(promisedMs)}`;
}

/** @throws Error when it took longer than promised */
export function requirePromise(rest: Rest): void {
  const broken = brokenPromise(rest);
  if (broken !== undefined) throw new Error(broken);
}

/** What a scenario strikes with. Everything it breaks is whole again after {@link heal}. */
export class Chaos {
  /** Processes killed, servers included. */
  kills = 0;
  /** Apps and brokers that ended though nobody killed or stopped them. */
  readonly selfEnded: string[] = [];
  private readonly down = new Set<string>();

  constructor(
    readonly site: ChaosSite,
    readonly shop: Shop,
    readonly load: Load,
    readonly dice: Dice,
    /** 1 at CI size, more at release size: how often a scenario repeats its blow. */
    readonly rounds: number,
  ) {}

  /** Names of the apps of some kinds (`coordinator`, `payments` …), all when none is given. */
  apps(...kinds: readonly string[]): readonly string[] {
    const { names } = this.site.cluster;
    return kinds.length === 0 ? names : names.filter((name) => kinds.includes(name.replace(/-\d+$/, '')));
  }

  /** kill -9 of several apps at once, and their restart. */
  async strike(names: readonly string[]): Promise<void> {
    for (const name of names) this.down.add(name);
    await Promise.all(names.map((name) => this.site.cluster.app(name).kill9()));
    this.kills += names.length;
    await this.wait(DOWN_MS * this.dice.next());
    await this.start(names);
  }

  async stop(names: readonly string[]): Promise<void> {
    for (const name of names) this.down.add(name);
    await Promise.all(names.map((name) => this.site.cluster.app(name).stop()));
  }

  async start(names: readonly string[]): Promise<void> {
    await Promise.all(
      names.map(async (name) => {
        await this.site.cluster.restart(name);
        this.down.delete(name);
      }),
    );
  }

  /** An order placed now is decided while the fault lasts. */
  async decides(): Promise<void> {
    const line = { sku: 'tea', quantity: 1, unitPrice: 100 };
    const entry = await this.shop.place({
      account: 'customer-1',
      lines: [line],
      mode: '2pc',
      fallback: 'saga',
    });
    await until('an order is decided while the fault lasts', patient(DECIDED_MS), async () => {
      await this.shop.look(entry);
      return entry.status !== 'PENDING';
    });
  }

  /** The fault lasts. */
  async wait(ms: number): Promise<void> {
    await pause(ms);
  }

  /**
   * No more orders; resolves when every one placed so far has come to its end and its customer knows it.
   * @throws Error with what is still open, when that takes too long to be waited for
   */
  async rest(): Promise<Rest> {
    await this.load.stop();
    const healedAt = Date.now();
    const promisedMs = PROMISE_MS * (await crowdDuring(() => this.allEnded()));
    return { settleMs: Math.max(0, (await this.lastEnd()) - healedAt), promisedMs };
  }

  private async allEnded(): Promise<void> {
    const deadlineMs = performance.now() + patient(SETTLE_MS);
    const leftMs = (): number => Math.max(0, Math.round(deadlineMs - performance.now()));
    try {
      await this.shop.settle(leftMs());
      await this.site.ended(leftMs());
      await until('no branch is in doubt', leftMs(), async () => (await inDoubt(this.site)).length === 0);
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${await stillOpen(this.site, this.shop)}`);
    }
  }

  /** When the last transaction ended, ms since 1970: the database's clock is the machine's. */
  private async lastEnd(): Promise<number> {
    const text = 'SELECT extract(epoch FROM max(ended_at)) * 1000 AS ms FROM concordat.transaction';
    const [row] = await this.site.query<{ ms: string }>('coordinator', text);
    return Number(row!.ms);
  }

  pick(count: number, from: readonly string[]): readonly string[] {
    const left = [...from];
    return Array.from({ length: count }, () => left.splice(this.dice.below(left.length), 1)[0]!);
  }

  /** Cables pass everything; brokers run, apps are ready. Who ended by itself is noted, and started as a supervisor would. */
  async heal(): Promise<void> {
    const { cables, cluster, kafka } = this.site;
    for (const cable of cables) cable.heal();
    this.selfEnded.push(...kafka.ended.map((index) => `broker ${index + 1}`));
    await Promise.all(kafka.ended.map((index) => kafka.restart(index)));
    for (const name of cluster.names) cluster.app(name).resume();
    const dead = cluster.names.filter((name) => cluster.app(name).exit !== undefined);
    this.selfEnded.push(...dead.filter((name) => !this.down.has(name)));
    await this.start(dead);
    await Promise.all(cluster.names.map((name) => cluster.app(name).ready(READY_MS)));
  }
}

/** One way to hurt the installation. */
export interface Scenario {
  /** For PROOF_ONLY. */
  readonly name: string;
  readonly title: string;
  /** Why it cannot be tried on this machine; absent or undefined: it can. */
  impossible?(site: ChaosSite): string | undefined;
  /** Strikes while customers order, and takes back what it did. Returns what it saw, in a few words. */
  strike(chaos: Chaos): Promise<string>;
}
