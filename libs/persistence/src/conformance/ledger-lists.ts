import { expect, it } from '@jest/globals';
import type { TransactionFilter } from '../port/ledger-admin.js';
import {
  allPages,
  beginNew,
  begun,
  decided,
  endAll,
  gtxIn,
  gtxsIn,
  gtxsOf,
  newOf,
  resultOf,
  stepOf,
  transactionOf,
  type LedgerWorld,
} from './ledger-world.js';

const MANY = 10_000;

/** Keyset lists and gauges of {@link LedgerAdmin}. */
export function ledgerLists(world: () => LedgerWorld): void {
  const found = async (filter: TransactionFilter): Promise<string[]> =>
    gtxsOf((await world().admin.list(filter, { limit: 200, cursor: null })).items);

  it('pages through transactions begun at the same time, newest id first, each once', async () => {
    const gtxs = gtxsIn(world(), 25);
    await beginNew(world().open('one'), gtxs);

    const { items, pages } = await allPages((page) => world().admin.list({}, page), 10);

    expect(gtxsOf(items)).toEqual([...gtxs].reverse());
    expect(pages).toBe(3);
  });

  it('a page that is just full has no next one', async () => {
    await beginNew(world().open('one'), gtxsIn(world(), 10));

    const page = await world().admin.list({}, { limit: 10, cursor: null });

    expect(page.items).toHaveLength(10);
    expect(page.nextCursor).toBeNull();
  });

  it('what is begun between two pages neither repeats nor hides anything', async () => {
    const gtxs = gtxsIn(world(), 6);
    await beginNew(world().open('one'), gtxs);
    const first = await world().admin.list({}, { limit: 3, cursor: null });
    await beginNew(world().open('one'), gtxsIn(world(), 3));

    const second = await world().admin.list({}, { limit: 3, cursor: first.nextCursor });

    expect([...gtxsOf(first.items), ...gtxsOf(second.items)]).toEqual([...gtxs].reverse());
  });

  it(`lists ${MANY} transactions`, async () => {
    const ledger = world().open('one');
    const gtxs = gtxsIn(world(), MANY);
    for (let at = 0; at < MANY; at += 1_000) await beginNew(ledger, gtxs.slice(at, at + 1_000));

    const { items, pages } = await allPages((page) => world().admin.list({}, page), 200);

    expect(gtxsOf(items)).toEqual(gtxs.reverse());
    expect(pages).toBe(MANY / 200);
  }, 60_000);

  it('filters by state, outcome, participant, business key and age', async () => {
    const [open, committed, aborted, other] = gtxsIn(world(), 4) as [string, string, string, string];
    const ledger = world().open('one');
    const lone = transactionOf(other).branches.map((branch) => ({ ...branch, participant: 'lonely' }));
    await begun(ledger, [
      newOf(open),
      newOf(committed, { businessKey: 'order-7' }),
      newOf(aborted),
      newOf(other, { tx: transactionOf(other, { branches: lone }) }),
    ]);
    await endAll(ledger, [committed]);
    await ledger.commitSteps([stepOf(aborted, 1, decided('ABORT'))]);

    expect(await found({ state: 'PREPARING' })).toEqual([other, open]);
    expect(await found({ state: 'COMMITTED' })).toEqual([committed]);
    expect(await found({ outcome: 'committed' })).toEqual([committed]);
    expect(await found({ outcome: 'aborted', state: 'ABORTING' })).toEqual([aborted]);
    expect(await found({ participant: 'lonely' })).toEqual([other]);
    expect(await found({ businessKey: 'order-7' })).toEqual([committed]);
    expect(await found({ olderThanMs: 60_000 })).toEqual([]);
    await world().age(61_000);
    expect(await found({ olderThanMs: 60_000, participant: 'inventory' })).toEqual([
      aborted,
      committed,
      open,
    ]);
  });

  it('tells what it lists as load does', async () => {
    const gtx = gtxIn(world());
    const ledger = world().open('one');
    await begun(ledger, [newOf(gtx, { businessKey: 'b', initiator: 'orders', description: 'd' })]);
    await endAll(ledger, [gtx]);

    const [listed] = (await world().admin.list({}, { limit: 1, cursor: null })).items;
    const [loaded] = await ledger.load([gtx]);

    const withoutClock = { ...loaded, ageMs: listed?.ageMs, deadlineLeftMs: listed?.deadlineLeftMs };
    expect(listed).toEqual(withoutClock);
  });

  it('unresolved: live and quarantined ones, oldest first, also those that had ended', async () => {
    const [live, damaged, ended, late] = gtxsIn(world(), 4) as [string, string, string, string];
    const ledger = world().open('one');
    await beginNew(ledger, [live, damaged, ended, late]);
    await endAll(ledger, [damaged, ended]);
    await ledger.commitSteps([stepOf(damaged, 2, { state: 'QUARANTINED', heuristic: 'mixed' })]);

    const { items } = await allPages((page) => world().admin.unresolved({ olderThanMs: 0 }, page), 2);
    const old = await world().admin.unresolved({ olderThanMs: 60_000 }, { limit: 10, cursor: null });
    const lonely = { olderThanMs: 0, participant: 'lonely' };

    expect(gtxsOf(items)).toEqual([live, damaged, late]);
    expect(old.items).toEqual([]);
    expect((await world().admin.unresolved(lonely, { limit: 10, cursor: null })).items).toEqual([]);
    expect(await found({ state: 'QUARANTINED' })).toEqual([damaged]);
  });

  it('waiting counts the branches of live transactions that owe a durable result, per participant', async () => {
    const [none, some, fallback, ended] = gtxsIn(world(), 4) as [string, string, string, string];
    const ledger = world().open('one');
    await beginNew(ledger, [none, some, fallback, ended]);
    await world().age(60_000);
    const startAttempt = { attempt: 2, mode: 'saga' } as const;
    await ledger.commitSteps([
      stepOf(some, 1, { ...decided('COMMIT'), results: [resultOf('stock', 'COMMITTED')] }),
      stepOf(fallback, 1, { ...decided('ABORT'), startAttempt, results: [resultOf('stock', 'ABORTED')] }),
    ]);
    await endAll(ledger, [ended]);

    const waiting = await world().admin.waiting();

    expect(waiting).toMatchObject([
      { participant: 'inventory', count: 2 },
      { participant: 'payments', count: 3 },
    ]);
    expect(waiting.every(({ oldestAgeMs }) => oldestAgeMs >= 60_000)).toBe(true);
  });

  it('refuses a page size out of range and a cursor that is not its own', async () => {
    const { admin } = world();
    const pages = [
      { limit: 0, cursor: null },
      { limit: 201, cursor: null },
      { limit: 10, cursor: 'nonsense' },
      { limit: 10, cursor: Buffer.from("' OR 1=1").toString('base64url') },
    ];

    for (const page of pages) {
      const refusal = { name: 'LedgerError', code: 'REFUSED', ambiguous: false };
      await expect((async () => admin.list({}, page))()).rejects.toMatchObject(refusal);
      await expect((async () => admin.deadLetters({}, page))()).rejects.toMatchObject(refusal);
    }
  });

  it('a timeline of an unknown transaction, or of no gtx at all, is empty', async () => {
    expect(await world().admin.timeline(gtxIn(world()))).toEqual([]);
    expect(await world().admin.timeline('nonsense')).toEqual([]);
  });

  it('waiting locks are a list', async () => {
    expect(await world().admin.waitingLocks()).toEqual([]);
  });
}
