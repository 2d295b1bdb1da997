import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { LocalTransaction } from '../../port/branch-store.js';
import { MemoryBranchStore } from '../branches/branch-store.js';
import { MemoryServer } from '../branches/server.js';
import { StandingClock } from '../branches/standing-clock.fixture.js';
import { MemoryOutboxStore } from './outbox-store.js';

/** The outbox against a list: callers commit and roll back, two relays claim, answers come late, twice or never. */

const PACE = { firstMs: 100, capMs: 400, askMs: 250, jitter: 1 };
const ASK_MS = 1_000;
const LEASE_MS = 500;
const SLOTS = [0, 1];

interface Entry {
  readonly gtx: string;
  readonly key: string | null;
  state: 'pending' | 'accepted' | 'done' | 'rejected';
  attempts: number;
  nextMs: number;
  heard: boolean;
}
interface Model {
  /** Committed, in the order in which they were enqueued. */
  readonly entries: (Entry & { readonly order: number })[];
  readonly open: Map<number, (Entry & { readonly order: number })[]>;
  serial: number;
}
interface Real {
  readonly clock: StandingClock;
  readonly callers: MemoryBranchStore;
  readonly open: Map<number, LocalTransaction>;
  readonly relays: readonly MemoryOutboxStore[];
}

abstract class Verb implements fc.AsyncCommand<Model, Real> {
  abstract act(model: Model, real: Real): Promise<void>;

  check(_model: Readonly<Model>): boolean {
    return true;
  }

  /** O1, O4: exactly the committed ones are there, each in its state. */
  async run(model: Model, real: Real): Promise<void> {
    await this.act(model, real);
    const stored = await Promise.all(gtxsUpTo(model.serial).map((gtx) => real.relays[0]!.find(gtx)));
    const states = stored.flatMap((record) =>
      record ? [[record.gtx, record.state, record.deliveredAt !== null]] : [],
    );
    expect(states).toEqual(inOrder(model).map(({ gtx, state, heard }) => [gtx, state, heard]));
  }

  toString(): string {
    return `${this.constructor.name}${JSON.stringify(this)}`;
  }
}

const gtxOf = (serial: number): string => `01920000-0000-7000-8000-${String(serial).padStart(12, '0')}`;
const gtxsUpTo = (serial: number): string[] => Array.from({ length: serial }, (_, index) => gtxOf(index));
const inOrder = (model: Model) => model.entries.toSorted((a, b) => a.order - b.order);

class Enqueue extends Verb {
  constructor(
    readonly slot: number,
    readonly key: string | null,
  ) {
    super();
  }

  async act(model: Model, real: Real): Promise<void> {
    const order = model.serial;
    model.serial += 1;
    const nextMs = real.clock.wallMs();
    const entry: Entry = {
      gtx: gtxOf(order),
      key: this.key,
      state: 'pending',
      attempts: 0,
      nextMs,
      heard: false,
    };
    model.open.set(this.slot, [...(model.open.get(this.slot) ?? []), { ...entry, order }]);
    const tx = real.open.get(this.slot) ?? (await real.callers.begin());
    real.open.set(this.slot, tx);
    const { gtx, key } = entry;
    await real.relays[0]!.enqueue(tx.client, [{ gtx, key, request: null, idempotencyKey: null }]);
  }
}

class EndCaller extends Verb {
  constructor(
    readonly slot: number,
    readonly how: 'commit' | 'rollback' | 'crash',
  ) {
    super();
  }

  override check({ open }: Model): boolean {
    return open.has(this.slot);
  }

  async act(model: Model, real: Real): Promise<void> {
    const slots = this.how === 'crash' ? SLOTS : [this.slot];
    if (this.how === 'crash') real.callers.crash();
    else await real.open.get(this.slot)![this.how]();
    if (this.how === 'commit') model.entries.push(...model.open.get(this.slot)!);
    for (const slot of slots) {
      model.open.delete(slot);
      real.open.delete(slot);
    }
  }
}

/** O2, O3, O5: due ones only, the oldest pending one a key, and nobody else gets them within the lease. */
class Claim extends Verb {
  constructor(
    readonly relay: number,
    readonly limit: number,
  ) {
    super();
  }

  async act(model: Model, { relays, clock }: Real): Promise<void> {
    const now = clock.wallMs();
    const due = claimable(model)
      .filter(({ nextMs }) => nextMs <= now)
      .sort((a, b) => a.nextMs - b.nextMs || a.order - b.order)
      .slice(0, this.limit);
    const claimed = await relays[this.relay]!.claimDue({ limit: this.limit, pace: PACE });
    expect(claimed.map(({ gtx }) => gtx)).toEqual(
      due.toSorted((a, b) => a.order - b.order).map(({ gtx }) => gtx),
    );
    for (const entry of due) {
      const resendMs = Math.min(PACE.firstMs * 2 ** entry.attempts, PACE.capMs);
      entry.nextMs = now + (entry.state === 'accepted' ? PACE.askMs : resendMs);
      entry.attempts += 1;
    }
  }
}

function claimable(model: Model) {
  const pending = new Set<string>();
  return inOrder(model).filter(({ state, key }) => {
    if (state !== 'pending') return state === 'accepted';
    const first = key === null || !pending.has(key);
    if (key !== null) pending.add(key);
    return first;
  });
}

/** A reply of the coordinator for any entry there ever was, also for one it has answered before. */
class Answer extends Verb {
  constructor(
    readonly which: number,
    readonly says: 'accepted' | 'rejected' | 'done',
  ) {
    super();
  }

  override check({ serial }: Model): boolean {
    return serial > 0;
  }

  async act(model: Model, { relays, clock }: Real): Promise<void> {
    const gtx = gtxOf(this.which % model.serial);
    const [relay] = relays as [MemoryOutboxStore];
    if (this.says === 'accepted') await relay.accept([gtx], { askAgainInMs: ASK_MS });
    if (this.says === 'rejected') await relay.reject([{ gtx, reason: 'NO' }]);
    if (this.says === 'done') await relay.settle([{ gtx, outcome: 'committed', reason: null }]);
    const entry = model.entries.find((one) => one.gtx === gtx);
    if (!entry || !MOVES[this.says].includes(entry.state)) return;
    entry.state = this.says;
    entry.nextMs = clock.wallMs() + (this.says === 'accepted' ? ASK_MS : 0);
  }
}

const MOVES: Readonly<Record<Answer['says'], readonly string[]>> = {
  accepted: ['pending'],
  rejected: ['pending'],
  done: ['pending', 'accepted'],
};

class Deliver extends Verb {
  constructor(
    readonly relay: number,
    readonly dies: boolean,
  ) {
    super();
  }

  async act(model: Model, { relays, clock }: Real): Promise<void> {
    const now = clock.wallMs();
    const ended = inOrder(model).filter(
      ({ state, heard, nextMs }) => (state === 'done' || state === 'rejected') && !heard && nextMs <= now,
    );
    const claimed = await relays[this.relay]!.claimEnded({ limit: 100, leaseMs: LEASE_MS });
    expect(claimed.map(({ gtx }) => gtx)).toEqual(ended.map(({ gtx }) => gtx));
    for (const entry of ended) entry.nextMs = now + LEASE_MS;
    if (this.dies) return;
    await relays[this.relay]!.delivered(claimed.map(({ gtx }) => gtx));
    for (const entry of ended) entry.heard = true;
  }
}

class Pass extends Verb {
  constructor(readonly ms: number) {
    super();
  }

  async act(_model: Model, { clock }: Real): Promise<void> {
    clock.pass(this.ms);
  }
}

/** Nothing is lost: whatever was committed is sent, answered and heard of in the end, in the order of its key. */
class Drain extends Verb {
  async act(model: Model, real: Real): Promise<void> {
    const sent: string[] = [];
    for (let round = 0; model.entries.some(({ heard }) => !heard) && round < 100; round += 1) {
      real.clock.pass(ASK_MS + PACE.capMs);
      const due = await real.relays[round % 2]!.claimDue({ limit: 2, pace: PACE });
      sent.push(...due.flatMap(({ gtx, state }) => (state === 'pending' ? gtx : [])));
      for (const { gtx } of due)
        await new Answer(model.entries.find((one) => one.gtx === gtx)!.order, 'done').act(model, real);
      await new Deliver(round % 2, false).act(model, real);
    }
    expect(model.entries.filter(({ heard }) => !heard)).toEqual([]);
    const order = model.entries
      .filter(({ gtx, key }) => key === 'k' && sent.includes(gtx))
      .map(({ gtx }) => gtx);
    expect(sent.filter((gtx) => order.includes(gtx))).toEqual(order.sort());
  }
}

const slot = fc.constantFrom(...SLOTS);
const relay = fc.constantFrom(0, 1);
const serial = fc.nat({ max: 20 });
const commands = fc.commands<Model, Real, false>(
  [
    fc.tuple(slot, fc.constantFrom(null, 'k', 'k', 'l')).map((all) => new Enqueue(...all)),
    fc
      .tuple(slot, fc.constantFrom('commit', 'commit', 'rollback', 'crash'))
      .map((all) => new EndCaller(...all)),
    fc.tuple(relay, fc.constantFrom(1, 2, 100)).map((all) => new Claim(...all)),
    fc.tuple(serial, fc.constantFrom('accepted', 'rejected', 'done')).map((all) => new Answer(...all)),
    fc.tuple(relay, fc.boolean()).map((all) => new Deliver(...all)),
    fc.constantFrom(1, 150, 501, 2_000).map((ms) => new Pass(ms)),
    fc.constant(new Drain()),
  ],
  { maxCommands: 50, size: 'max' },
);

const property = (open: (server: MemoryServer) => MemoryOutboxStore) =>
  fc.asyncProperty(commands, (run) =>
    fc.asyncModelRun(() => {
      const clock = new StandingClock();
      const server = new MemoryServer({ clock });
      const callers = new MemoryBranchStore({ server, database: 'orders', participant: 'orders' });
      const real: Real = { clock, callers, open: new Map(), relays: [open(server), open(server)] };
      return { model: { entries: [], open: new Map(), serial: 0 }, real };
    }, run),
  );

describe('the outbox', () => {
  it('hands out what was committed, in order, to one relay at a time, until its end was heard', async () => {
    await fc.assert(
      property((server) => new MemoryOutboxStore({ server, database: 'orders' })),
      { numRuns: 60 },
    );
  });

  it('is seen through when an entry leaves with its claim', async () => {
    class Leaky extends MemoryOutboxStore {
      override async claimDue(options: Parameters<MemoryOutboxStore['claimDue']>[0]) {
        const claimed = await super.claimDue(options);
        await this.settle(claimed.map(({ gtx }) => ({ gtx, outcome: 'committed', reason: null })));
        return claimed;
      }
    }
    const seen = await fc.check(
      property((server) => new Leaky({ server, database: 'orders' })),
      { numRuns: 500, endOnFailure: true },
    );
    expect(seen.failed).toBe(true);
  });
});
