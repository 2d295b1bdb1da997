import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { NewOutboxEntry, OutboxStore } from '../port/outbox-store.js';
import { anyGtx } from './branch-store-world.js';

/** An open local transaction of an initiator. */
export interface CallerTransaction {
  readonly connection: unknown;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

/** One business database with an outbox. */
export interface OutboxWorld {
  /** Empties the outbox. */
  clear(): Promise<void>;
  /** A process with a relay. */
  open(): OutboxStore;
  begin(): Promise<CallerTransaction>;
  /** Lets that much time pass over the entries that exist. */
  age(byMs: number): Promise<void>;
  close(): Promise<void>;
}

const PACE = { firstMs: 1_000, capMs: 8_000, askMs: 60_000, jitter: 1 };
const due = (limit = 100) => ({ limit, pace: PACE });

const entry = (more: Partial<NewOutboxEntry> = {}): NewOutboxEntry => ({
  gtx: anyGtx(),
  key: null,
  request: { mode: '2pc' },
  idempotencyKey: null,
  ...more,
});

const gtxsOf = (entries: readonly { readonly gtx: string }[]): string[] => entries.map(({ gtx }) => gtx);

/** What every adapter of {@link OutboxStore} promises: invariants O1–O5. */
export function outboxStoreConformance(name: string, makeWorld: () => Promise<OutboxWorld>): void {
  describe(`OutboxStore, ${name}`, () => {
    let world: OutboxWorld;
    beforeAll(async () => {
      world = await makeWorld();
    });
    beforeEach(() => world.clear());
    afterAll(() => world?.close());

    async function enqueued(outbox: OutboxStore, ...entries: NewOutboxEntry[]): Promise<string[]> {
      const tx = await world.begin();
      await outbox.enqueue(tx.connection, entries);
      await tx.commit();
      return gtxsOf(entries);
    }

    describe('enqueue', () => {
      it('O1 the entry exists if and only if the local transaction commits', async () => {
        const outbox = world.open();
        const [kept, dropped] = [entry({ request: { text: 'a\u0000"茶' }, idempotencyKey: 'k' }), entry()];
        const [first, second] = [await world.begin(), await world.begin()];
        await outbox.enqueue(first.connection, [kept]);
        await outbox.enqueue(second.connection, [dropped]);
        const before = await outbox.claimDue(due());

        await first.commit();
        await second.rollback();

        expect(before).toEqual([]);
        expect(await outbox.claimDue(due())).toMatchObject([{ ...kept, state: 'pending', attempts: 1 }]);
        expect(await outbox.find(dropped.gtx)).toBeNull();
      });

      it('O1 is refused where no transaction is open', async () => {
        const outbox = world.open();
        const tx = await world.begin();
        await tx.commit();

        await expect(outbox.enqueue(tx.connection, [entry()])).rejects.toMatchObject({ code: 'OTHER' });
        await expect(outbox.enqueue({}, [entry()])).rejects.toMatchObject({ code: 'OTHER' });
      });

      it('leaves an entry of the same gtx as it is', async () => {
        const outbox = world.open();
        const first = entry({ request: 'first' });
        await enqueued(outbox, first);
        await enqueued(outbox, { ...first, request: 'second' });

        expect(await outbox.claimDue(due())).toMatchObject([{ request: 'first' }]);
      });

      it('wakes the relay of its process when the transaction has ended, not before', async () => {
        const outbox = world.open();
        let woken = 0;
        const stop = outbox.onWake(() => (woken += 1));
        const tx = await world.begin();
        await outbox.enqueue(tx.connection, [entry()]);
        await outbox.enqueue(tx.connection, [entry()]);
        const before = woken;

        await tx.commit();
        const after = woken;
        stop();
        await enqueued(outbox, entry());

        expect([before, after > 0, woken - after]).toEqual([0, true, 0]);
      });
    });

    describe('claiming what is due', () => {
      it('O2 hands an entry out again after its pace, ever more slowly, up to the cap', async () => {
        const outbox = world.open();
        await enqueued(outbox, entry());
        const waits: (number | null)[] = [];
        for (let attempt = 1; attempt <= 6; attempt += 1) {
          expect(await outbox.claimDue(due())).toMatchObject([{ attempts: attempt }]);
          expect(await outbox.claimDue(due())).toEqual([]);
          waits.push(await outbox.nextDueInMs());
          await world.age(8_000);
        }

        const rounded = waits.map((waitMs) => Math.round((waitMs ?? 0) / 1_000));
        expect(rounded).toEqual([1, 2, 4, 8, 8, 8]);
      });

      it('O5 two relays are never handed the same entry', async () => {
        const [one, two] = [world.open(), world.open()];
        const all = await enqueued(one, ...Array.from({ length: 40 }, () => entry()));

        const turns = await Promise.all([one, two, one, two].map((relay) => relay.claimDue(due(10))));

        const handed = turns.flatMap(gtxsOf);
        expect(new Set(handed).size).toBe(handed.length);
        const rest = await one.claimDue(due());
        expect([...handed, ...gtxsOf(rest)].sort()).toEqual(all.sort());
      });

      it('hands out in the order of submission, up to the limit', async () => {
        const outbox = world.open();
        const all = await enqueued(outbox, entry(), entry(), entry());

        expect(gtxsOf(await outbox.claimDue(due(2)))).toEqual(all.slice(0, 2));
        expect(gtxsOf(await outbox.claimDue(due(2)))).toEqual(all.slice(2));
      });

      it('O3 of one key only the oldest pending entry goes, until it is closed', async () => {
        const outbox = world.open();
        const keyed = (key: string) => entry({ key });
        const [a1, a2, a3, b1] = await enqueued(outbox, keyed('a'), keyed('a'), keyed('a'), keyed('b'));

        const first = gtxsOf(await outbox.claimDue(due()));
        await outbox.accept([a1 ?? ''], { askAgainInMs: 60_000 });
        const second = gtxsOf(await outbox.claimDue(due()));
        await outbox.reject([{ gtx: a2 ?? '', reason: 'CONCORDAT_OVERLOADED' }]);
        const third = gtxsOf(await outbox.claimDue(due()));

        expect([first, second, third]).toEqual([[a1, b1], [a2], [a3]]);
      });

      it('O3 an entry that waits for its turn does not make the relay look at once', async () => {
        const outbox = world.open();
        await enqueued(outbox, entry({ key: 'a' }), entry({ key: 'a' }));
        await outbox.claimDue(due());

        expect(await outbox.nextDueInMs()).toBeGreaterThan(0);
      });
    });

    describe('closing', () => {
      it('O4 accepted: no longer sent until its outcome is overdue, then asked for again', async () => {
        const outbox = world.open();
        const gtxs = await enqueued(outbox, entry());
        await outbox.claimDue(due());
        await outbox.accept(gtxs, { askAgainInMs: 60_000 });

        await world.age(30_000);
        const early = await outbox.claimDue(due());
        await world.age(31_000);

        expect(early).toEqual([]);
        expect(await outbox.claimDue(due())).toMatchObject([{ gtx: gtxs[0], state: 'accepted' }]);
      });

      it('a repeated ACCEPTED does not put the next question off', async () => {
        const outbox = world.open();
        const gtxs = await enqueued(outbox, entry());
        await outbox.claimDue(due());
        await outbox.accept(gtxs, { askAgainInMs: 60_000 });
        await world.age(59_000);
        await outbox.accept(gtxs, { askAgainInMs: 60_000 });
        await world.age(2_000);

        expect(await outbox.claimDue(due())).toMatchObject([{ gtx: gtxs[0], state: 'accepted' }]);
      });

      it('an accepted one is asked for again at a pace of its own, however often, and whatever is answered', async () => {
        const outbox = world.open();
        const gtxs = await enqueued(outbox, entry());
        await outbox.claimDue(due());
        for (const _ of ['once', 'twice', 'three times']) {
          await outbox.accept(gtxs, { askAgainInMs: 60_000 });
          await world.age(59_000);
          const early = await outbox.claimDue(due());
          await world.age(2_000);

          expect(early).toEqual([]);
          expect(await outbox.claimDue(due())).toMatchObject([{ gtx: gtxs[0], state: 'accepted' }]);
        }
      });

      it('O4 what comes late or twice changes nothing', async () => {
        const outbox = world.open();
        const [done = '', rejected = ''] = await enqueued(outbox, entry(), entry());
        await outbox.settle([{ gtx: done, outcome: 'committed', reason: null }]);
        await outbox.reject([{ gtx: rejected, reason: 'CONCORDAT_UNKNOWN_PARTICIPANT' }]);

        await outbox.accept([done, rejected], { askAgainInMs: 0 });
        await outbox.reject([{ gtx: done, reason: 'late' }]);
        await outbox.settle([
          { gtx: done, outcome: 'aborted', reason: 'late' },
          { gtx: rejected, outcome: 'committed', reason: null },
        ]);

        expect(await outbox.find(done)).toMatchObject({ state: 'done', outcome: 'committed', reason: null });
        const refused = { state: 'rejected', outcome: null, reason: 'CONCORDAT_UNKNOWN_PARTICIPANT' };
        expect(await outbox.find(rejected)).toMatchObject(refused);
        expect(await outbox.claimDue(due())).toEqual([]);
      });

      it('an outcome closes a request that was never acknowledged as accepted', async () => {
        const outbox = world.open();
        const [gtx = ''] = await enqueued(outbox, entry());

        await outbox.settle([{ gtx, outcome: 'aborted', reason: 'OUT_OF_STOCK' }]);

        expect(await outbox.find(gtx)).toMatchObject({
          state: 'done',
          outcome: 'aborted',
          reason: 'OUT_OF_STOCK',
        });
      });
    });

    describe('ends', () => {
      it('O5 are handed out until delivered, to one relay per lease', async () => {
        const outbox = world.open();
        const [one = '', two = '', open = ''] = await enqueued(outbox, entry(), entry({ key: 'k' }), entry());
        await outbox.settle([{ gtx: one, outcome: 'committed', reason: null }]);
        await outbox.reject([{ gtx: two, reason: 'CONCORDAT_CONFLICT' }]);
        const lease = { limit: 10, leaseMs: 10_000 };

        const first = await outbox.claimEnded(lease);
        const within = await outbox.claimEnded(lease);
        await outbox.delivered([one, open]);
        await world.age(11_000);
        const second = await outbox.claimEnded(lease);
        await outbox.delivered([two]);
        await world.age(11_000);

        expect(first).toMatchObject([
          { gtx: one, state: 'done', outcome: 'committed', reason: null },
          { gtx: two, state: 'rejected', outcome: null, reason: 'CONCORDAT_CONFLICT', key: 'k' },
        ]);
        expect(within).toEqual([]);
        expect(gtxsOf(second)).toEqual([two]);
        expect(await outbox.claimEnded(lease)).toEqual([]);
        expect((await outbox.find(open))?.deliveredAt).toBeNull();
      });

      it('O5 stay with the relay that renews its lease, and only what has ended and was not heard can be renewed', async () => {
        const outbox = world.open();
        const [held = '', told = '', open = ''] = await enqueued(outbox, entry(), entry(), entry());
        await outbox.settle([held, told].map((gtx) => ({ gtx, outcome: 'committed', reason: null })));
        const lease = { limit: 10, leaseMs: 10_000 };
        await outbox.claimEnded(lease);
        await outbox.delivered([told]);

        await world.age(6_000);
        await outbox.renewEnded([held, told, open], lease);
        await world.age(6_000);
        const renewed = await outbox.claimEnded(lease);
        const pending = await outbox.claimDue(due());
        await world.age(5_000);

        expect(renewed).toEqual([]);
        expect(gtxsOf(pending)).toEqual([open]);
        expect(gtxsOf(await outbox.claimEnded(lease))).toEqual([held]);
      });

      it('tell how long the relay may sleep', async () => {
        const outbox = world.open();
        const empty = await outbox.nextDueInMs();
        const [gtx = ''] = await enqueued(outbox, entry());
        const fresh = await outbox.nextDueInMs();
        await outbox.settle([{ gtx, outcome: 'committed', reason: null }]);
        const ended = await outbox.nextDueInMs();
        await outbox.delivered([gtx]);

        expect([empty, fresh, ended, await outbox.nextDueInMs()]).toEqual([null, 0, 0, null]);
      });
    });

    describe('garbage collection', () => {
      it('deletes what was delivered long enough ago, and nothing else', async () => {
        const outbox = world.open();
        const [old = '', undelivered = '', recent = ''] = await enqueued(outbox, entry(), entry(), entry());
        const committed = (gtx: string) => ({ gtx, outcome: 'committed', reason: null }) as const;
        await outbox.settle([old, undelivered, recent].map(committed));
        await outbox.delivered([old]);
        await world.age(100_000);
        await outbox.delivered([recent]);

        expect(await outbox.collectGarbage({ retentionMs: 50_000, limit: 10 })).toBe(1);
        expect(await outbox.find(old)).toBeNull();
        expect([await outbox.find(undelivered), await outbox.find(recent)]).not.toContain(null);
      });
    });

    it('answers a ping', async () => {
      await expect(world.open().ping()).resolves.toBeUndefined();
    });
  });
}
