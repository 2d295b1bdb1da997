import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { Decision } from '#protocol';
import { newOf, stepOf } from '../../conformance/ledger-world.js';
import type { StepWrite } from '../../port/ledger.js';
import { StandingClock } from '../branches/standing-clock.fixture.js';
import { MemoryLedger } from './memory-ledger.js';
import { MemoryLedgerStore } from './store.js';

/**
 * The ledger against a model of a page: a write-once cell an attempt, a version that every change moves, and a driver. Instances
 * come and go (all share one store), writes come late, claims and retirements come between. A failure prints seed and path.
 */

const GTXS = [1, 2, 3].map((n) => `0192000${n}-0000-7000-8000-000000000001`);
/** A coordinator and a watchdog, by their first letters. */
const INSTANCES = ['c1', 'w1'];
const NEXT_IN_MS = 1_000;

interface Row {
  version: number;
  /** One cell an attempt. */
  cells: (Decision | null)[];
  driver: string | null;
  nextMs: number;
  ended: boolean;
  notes: number;
}
type Model = Map<string, Row>;
interface Real {
  readonly clock: StandingClock;
  readonly store: MemoryLedgerStore;
  readonly ledgers: ReadonlyMap<string, MemoryLedger>;
}
type Command = fc.AsyncCommand<Model, Real>;

const note = { kind: 'NOTE', attempt: 1, branch: null, instance: 'one', detail: null };

abstract class Verb implements Command {
  check(): boolean {
    return true;
  }

  async run(model: Model, real: Real): Promise<void> {
    await this.act(model, real);
    compare(model, real);
  }

  protected abstract act(model: Model, real: Real): Promise<void>;

  toString(): string {
    return `${this.constructor.name}${JSON.stringify(this)}`;
  }
}

/** What is stored is what the model says, after every command. */
function compare(model: Model, { store }: Real): void {
  const stored = [...store.rows.values()].map(({ tx, driver, nextMs, endedMs }) => [
    tx.gtx,
    {
      version: tx.version,
      cells: tx.attempts.map(({ decision }) => decision),
      driver,
      nextMs,
      ended: endedMs !== null,
      notes: store.timelines.get(tx.gtx)?.length ?? 0,
    },
  ]);
  expect(Object.fromEntries(stored)).toEqual(Object.fromEntries(model));
}

class Begin extends Verb {
  constructor(
    readonly gtx: string,
    readonly driver: string,
  ) {
    super();
  }

  protected async act(model: Model, real: Real): Promise<void> {
    const item = newOf(this.gtx, { driver: this.driver, nextInMs: NEXT_IN_MS, timeline: [note] });
    const [outcome] = await real.ledgers.get(this.driver)!.begin([item]);
    expect(outcome!.kind).toBe(model.has(this.gtx) ? 'existing' : 'created');
    if (model.has(this.gtx)) return;
    const nextMs = real.clock.wallMs() + NEXT_IN_MS;
    model.set(this.gtx, { version: 1, cells: [null], driver: this.driver, nextMs, ended: false, notes: 1 });
  }
}

interface Wish {
  readonly gtx: string;
  /** Writes on an image that is this many versions old. */
  readonly lateBy: number;
  readonly decision: Decision | null;
  readonly wrongAttempt: boolean;
  readonly fallback: boolean;
  readonly ended: boolean;
}

/** A batch, also with several writes of one gtx: the second one is stale. */
class Write extends Verb {
  constructor(
    readonly by: string,
    readonly wishes: readonly Wish[],
  ) {
    super();
  }

  protected async act(model: Model, real: Real): Promise<void> {
    const batch = this.wishes.map((wish) => this.step(wish, model.get(wish.gtx)));
    const fresh = this.wishes.filter(
      (wish, at) => this.isFirst(wish, at) && applies(wish, model.get(wish.gtx)),
    );
    if (fresh.some((wish) => breaksHistory(wish, model.get(wish.gtx)!))) {
      // The database refuses the statement: nothing of the batch is written.
      await expect(real.ledgers.get(this.by)!.commitSteps(batch)).rejects.toThrow('stays so');
      return;
    }
    const outcomes = await real.ledgers.get(this.by)!.commitSteps(batch);
    expect(outcomes.map(({ kind }) => kind)).toEqual(
      this.wishes.map((wish) => (fresh.includes(wish) ? 'applied' : 'stale')),
    );
    for (const wish of fresh) this.apply(wish, model.get(wish.gtx)!);
  }

  private isFirst(wish: Wish, at: number): boolean {
    return this.wishes.findIndex(({ gtx }) => gtx === wish.gtx) === at;
  }

  private step(wish: Wish, row: Row | undefined): StepWrite {
    const attempt = (row?.cells.length ?? 1) + (wish.wrongAttempt ? 1 : 0);
    return stepOf(wish.gtx, (row?.version ?? 1) - wish.lateBy, {
      decide: wish.decision && { attempt, decision: wish.decision, reason: null },
      startAttempt: wish.fallback ? { attempt: (row?.cells.length ?? 1) + 1, mode: 'saga' } : null,
      ended: wish.ended,
      driver: this.by,
      timeline: [note],
    });
  }

  private apply(wish: Wish, row: Row): void {
    if (wish.decision) row.cells[row.cells.length - 1] = wish.decision;
    if (wish.fallback) row.cells.push(null);
    Object.assign(row, { version: row.version + 1, driver: this.by, notes: row.notes + 1 });
    row.ended ||= wish.ended;
  }
}

/** L1, L2: the version is the one that is stored, and the cell of the current attempt is empty where it is to be filled. */
function applies(wish: Wish, row: Row | undefined): boolean {
  if (!row || wish.lateBy > 0) return false;
  return wish.decision === null || (!wish.wrongAttempt && row.cells.at(-1) === null);
}

/** Another attempt may only follow ABORT. */
const breaksHistory = (wish: Wish, row: Row): boolean =>
  wish.fallback && (wish.decision ?? row.cells.at(-1)) !== 'ABORT';

class Claim extends Verb {
  constructor(
    readonly by: string,
    readonly dead: readonly string[],
    readonly limit: number,
  ) {
    super();
  }

  protected async act(model: Model, real: Real): Promise<void> {
    const now = real.clock.wallMs();
    const free = [...model].filter(
      ([, { ended, driver, nextMs }]) =>
        !ended && (nextMs <= now || driver === null || this.dead.includes(driver)),
    );
    const { by: instanceId, dead: deadInstances, limit } = this;
    const options = { instanceId, deadInstances, limit, nextInMs: NEXT_IN_MS, timelineKind: 'TAKEN_OVER' };
    const taken = (await real.ledgers.get(this.by)!.claim(options)).map(({ tx }) => tx.gtx);

    expect(taken).toHaveLength(Math.min(limit, free.length));
    expect(free.map(([gtx]) => gtx)).toEqual(expect.arrayContaining(taken));
    for (const gtx of taken) hand(model.get(gtx)!, this.by, now + NEXT_IN_MS);
  }
}

/** A graceful stop. */
class Retire extends Verb {
  constructor(readonly who: string) {
    super();
  }

  protected async act(model: Model, real: Real): Promise<void> {
    await real.ledgers.get(this.who)!.retire(this.who);
    const driven = [...model.values()].filter(({ driver, ended }) => driver === this.who && !ended);
    for (const row of driven) hand(row, null, real.clock.wallMs());
  }
}

/** L8: whoever drove it before writes on an old version now. */
const hand = (row: Row, driver: string | null, nextMs: number): void => {
  Object.assign(row, { driver, nextMs, version: row.version + 1, notes: row.notes + 1 });
};

class Inquire extends Verb {
  constructor(readonly gtx: string) {
    super();
  }

  protected async act(model: Model, real: Real): Promise<void> {
    const [stored] = await real.ledgers.get('w1')!.plantTombstones([this.gtx], 'UNKNOWN');
    if (!model.has(this.gtx)) {
      const row = { version: 1, driver: null, nextMs: real.clock.wallMs(), ended: true, notes: 1 };
      model.set(this.gtx, { ...row, cells: ['ABORT'] });
    }
    expect(stored!.tx.attempts.map(({ decision }) => decision)).toEqual(model.get(this.gtx)!.cells);
  }
}

class Pass extends Verb {
  constructor(readonly ms: number) {
    super();
  }

  protected async act(_model: Model, real: Real): Promise<void> {
    real.clock.pass(this.ms);
  }
}

const gtx = fc.constantFrom(...GTXS);
const instance = fc.constantFrom(...INSTANCES);
const rarely = fc.integer({ min: 0, max: 4 }).map((n) => n === 0);
const wish: fc.Arbitrary<Wish> = fc.record({
  gtx,
  lateBy: fc.constantFrom(0, 0, 0, 1, 2),
  decision: fc.constantFrom(null, 'COMMIT', 'ABORT'),
  wrongAttempt: rarely,
  fallback: rarely,
  ended: rarely,
});
const commands = fc.commands<Model, Real, false>(
  [
    fc.tuple(gtx, instance).map(([id, by]) => new Begin(id, by)),
    fc.tuple(instance, fc.array(wish, { minLength: 1, maxLength: 3 })).map(([by, all]) => new Write(by, all)),
    fc
      .tuple(instance, fc.subarray(INSTANCES), fc.integer({ min: 1, max: 3 }))
      .map(([by, dead, limit]) => new Claim(by, dead, limit)),
    instance.map((who) => new Retire(who)),
    gtx.map((id) => new Inquire(id)),
    fc.constantFrom(1, 999, 1_001).map((ms) => new Pass(ms)),
  ],
  { maxCommands: 40, size: 'max' },
);

type Open = (options: ConstructorParameters<typeof MemoryLedger>[0]) => MemoryLedger;
const property = (open: Open) =>
  fc.asyncProperty(commands, (run) => fc.asyncModelRun(() => ({ model: new Map(), real: world(open) }), run));

describe('the ledger', () => {
  it('fills each cell once, refuses every stale writer, and hands a transaction to one driver', async () => {
    await fc.assert(
      property((options) => new MemoryLedger(options)),
      { numRuns: 60 },
    );
  });

  it('is seen through when it writes without the version', async () => {
    class Careless extends MemoryLedger {
      override async commitSteps(batch: readonly StepWrite[]) {
        const stored = new Map(
          (await this.load(batch.map(({ gtx }) => gtx))).map(({ tx }) => [tx.gtx, tx.version]),
        );
        return super.commitSteps(
          batch.map((step) => ({ ...step, expectedVersion: stored.get(step.gtx) ?? step.expectedVersion })),
        );
      }
    }
    const seen = await fc.check(
      property((options) => new Careless(options)),
      { numRuns: 500, endOnFailure: true },
    );
    expect(seen.failed).toBe(true);
  });
});

function world(open: Open): Real {
  const clock = new StandingClock();
  const store = new MemoryLedgerStore();
  return {
    clock,
    store,
    ledgers: new Map(INSTANCES.map((instanceId) => [instanceId, open({ store, clock, instanceId })])),
  };
}
