import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { newOf } from '../../conformance/ledger-world.js';
import type { NewTransaction } from '../../port/ledger.js';
import { StandingClock } from '../branches/standing-clock.fixture.js';
import { MemoryLedger } from './memory-ledger.js';
import { MemoryLedgerStore } from './store.js';

/** Idempotency keys and gtxs against a model of two maps; requests meet each other, tombstones and garbage collection. */

const RETENTION_MS = 1_000;
const GTXS = [1, 2, 3, 4].map((n) => `0192000${n}-0000-7000-8000-000000000001`);
const KEYS = ['key-a', 'key-b'];

interface Model {
  /** Body by gtx; null for a tombstone, which never had one. */
  readonly bodies: Map<string, string | null>;
  /** What the key's first caller was told: everybody after it must be told the same. */
  readonly promised: Map<string, string>;
  readonly endedMs: Map<string, number>;
}
interface Real {
  readonly clock: StandingClock;
  readonly store: MemoryLedgerStore;
  readonly ledger: MemoryLedger;
}
type Command = fc.AsyncCommand<Model, Real>;

abstract class Verb implements Command {
  check(): boolean {
    return true;
  }

  abstract run(model: Model, real: Real): Promise<void>;

  toString(): string {
    return `${this.constructor.name}${JSON.stringify(this)}`;
  }
}

class Submit extends Verb {
  constructor(
    readonly gtx: string,
    readonly key: string | null,
    readonly body: string,
  ) {
    super();
  }

  async run(model: Model, { ledger, store }: Real): Promise<void> {
    const item = newOf(this.gtx, { bodyHash: this.body, idempotencyKey: this.key });
    const [outcome] = await ledger.begin([item]);
    const met = this.met(model);
    if (met === undefined) {
      expect(outcome).toMatchObject({ kind: 'created', stored: { tx: { gtx: this.gtx } } });
      model.bodies.set(this.gtx, this.body);
    } else {
      const known = model.bodies.get(met)!;
      const sameBody = known === null || known === this.body;
      expect(outcome).toMatchObject({ kind: 'existing', stored: { tx: { gtx: met } }, sameBody });
      // Another body under this gtx binds no key to it.
      if (!sameBody) return this.unchanged(model, store);
    }
    if (this.key !== null && !model.promised.has(this.key)) model.promised.set(this.key, this.gtx);
    this.unchanged(model, store);
  }

  /** The transaction of the key comes before that of the gtx. */
  private met(model: Model): string | undefined {
    const promised = this.key === null ? undefined : model.promised.get(this.key);
    return promised ?? (model.bodies.has(this.gtx) ? this.gtx : undefined);
  }

  /** Nothing was written but what the model knows. */
  private unchanged(model: Model, store: MemoryLedgerStore): void {
    expect(new Map([...store.rows].map(([gtx, { bodyHash }]) => [gtx, bodyHash]))).toEqual(model.bodies);
    expect(store.keys).toEqual(model.promised);
  }
}

class Inquire extends Verb {
  constructor(readonly gtx: string) {
    super();
  }

  async run(model: Model, { ledger, clock }: Real): Promise<void> {
    await ledger.plantTombstones([this.gtx], 'UNKNOWN');
    if (model.bodies.has(this.gtx)) return;
    model.bodies.set(this.gtx, null);
    model.endedMs.set(this.gtx, clock.wallMs());
  }
}

class End extends Verb {
  constructor(readonly gtx: string) {
    super();
  }

  async run(model: Model, { ledger, clock }: Real): Promise<void> {
    if (!model.bodies.has(this.gtx) || model.endedMs.has(this.gtx)) return;
    const [stored] = await ledger.load([this.gtx]);
    const { version } = stored!.tx;
    const step = { gtx: this.gtx, expectedVersion: version, state: 'ABORTED', ended: true } as const;
    const rest = {
      results: [],
      heuristic: 'none',
      demand: null,
      deadlineInMs: null,
      nextInMs: null,
    } as const;
    const decide = { attempt: 1, decision: 'ABORT', reason: null } as const;
    const [outcome] = await ledger.commitSteps([
      { ...step, ...rest, decide, startAttempt: null, tries: 0, driver: 'one', timeline: [] },
    ]);
    expect(outcome!.kind).toBe('applied');
    model.endedMs.set(this.gtx, clock.wallMs());
  }
}

/** After the retention a key is free again; before it, and while its transaction lives, it is not. */
class Collect extends Verb {
  constructor(readonly afterMs: number) {
    super();
  }

  async run(model: Model, { ledger, clock }: Real): Promise<void> {
    clock.pass(this.afterMs);
    const gone = await ledger.collectGarbage({ retentionMs: RETENTION_MS, limit: 100 });
    const old = [...model.endedMs].filter(([, ms]) => ms < clock.wallMs() - RETENTION_MS).map(([gtx]) => gtx);
    expect(gone.map(({ gtx }) => gtx).sort()).toEqual(old.sort());
    for (const gtx of old) {
      model.bodies.delete(gtx);
      model.endedMs.delete(gtx);
      for (const [key, to] of model.promised) if (to === gtx) model.promised.delete(key);
    }
  }
}

const gtx = fc.constantFrom(...GTXS);
const commands = fc.commands<Model, Real, false>(
  [
    fc
      .tuple(gtx, fc.constantFrom(null, ...KEYS), fc.constantFrom('body', 'body', 'other'))
      .map(([id, key, body]) => new Submit(id, key, body)),
    gtx.map((id) => new Inquire(id)),
    gtx.map((id) => new End(id)),
    fc.constantFrom(1, RETENTION_MS + 1).map((ms) => new Collect(ms)),
  ],
  { maxCommands: 40, size: 'max' },
);

type Open = (options: ConstructorParameters<typeof MemoryLedger>[0]) => MemoryLedger;
const property = (open: Open) =>
  fc.asyncProperty(commands, (run) => fc.asyncModelRun(() => ({ model: model(), real: world(open) }), run));

describe('an idempotency key', () => {
  it('leads to one transaction for ever, and to no other body', async () => {
    await fc.assert(
      property((options) => new MemoryLedger(options)),
      { numRuns: 60 },
    );
  });

  it('is seen through when it is not kept', async () => {
    class Forgetful extends MemoryLedger {
      override begin(batch: readonly NewTransaction[]) {
        return super.begin(batch.map((item) => ({ ...item, idempotencyKey: null })));
      }
    }
    const seen = await fc.check(
      property((options) => new Forgetful(options)),
      { numRuns: 500, endOnFailure: true },
    );
    expect(seen.failed).toBe(true);
  });
});

const model = (): Model => ({ bodies: new Map(), promised: new Map(), endedMs: new Map() });

function world(open: Open): Real {
  const clock = new StandingClock();
  const store = new MemoryLedgerStore();
  return { clock, store, ledger: open({ store, clock, instanceId: 'one' }) };
}
