import { expect, it } from '@jest/globals';
import {
  beginNew,
  begun,
  entryOf,
  gtxIn,
  gtxsIn,
  kindsOf,
  loadOne,
  newOf,
  transactionOf,
  type LedgerWorld,
} from './ledger-world.js';

/** D1: what was accepted is there (G3), once. */
export function ledgerBegins(world: () => LedgerWorld): void {
  it('L4: what a resolved BEGIN reported is read by every instance', async () => {
    const gtx = gtxIn(world());
    const change = {
      businessKey: 'order-1',
      description: 'tea',
      initiator: 'orders',
      traceparent: '00-1-2-01',
    };
    const [stored] = await begun(world().open('one'), [newOf(gtx, change)]);

    const { ageMs, deadlineLeftMs, ...read } = await loadOne(world().open('two'), gtx);

    expect(stored).toMatchObject(read);
    expect(read).toMatchObject({ ...change, tx: transactionOf(gtx), driver: 'one', tries: 0, endedAt: null });
    expect(ageMs).toBeGreaterThanOrEqual(0);
    expect(deadlineLeftMs).toBeLessThanOrEqual(5_000);
  });

  it('L5: stored times are the time of the ledger, as ISO strings in UTC', async () => {
    const [stored] = await beginNew(world().open('one'), [gtxIn(world())]);
    const { createdAt, deadline } = await loadOne(world().open('one'), stored!.tx.gtx);

    expect(createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(Math.abs(Date.parse(createdAt) - world().nowMs())).toBeLessThan(600_000);
    expect(Date.parse(deadline) - Date.parse(createdAt)).toBe(5_000);
  });

  it('takes a batch in one statement, and tells the items in their order', async () => {
    const gtxs = gtxsIn(world(), 300).reverse();
    const ledger = world().open('one');
    world().statements();

    const stored = await beginNew(ledger, gtxs);

    expect(stored.map(({ tx }) => tx.gtx)).toEqual(gtxs);
    expect(world().statements()?.length ?? 1).toBe(1);
  });

  it('takes an empty batch', async () => {
    expect(await world().open('one').begin([])).toEqual([]);
    expect(await world().open('one').load([])).toEqual([]);
  });

  it('answers a repeated BEGIN with the same transaction, whatever became of it', async () => {
    const gtx = gtxIn(world());
    const ledger = world().open('one');
    await beginNew(ledger, [gtx]);

    const [same, other] = await ledger.begin([newOf(gtx), newOf(gtx, { bodyHash: 'another body' })]);

    expect(same).toMatchObject({ kind: 'existing', sameBody: true, stored: { tx: { gtx, version: 1 } } });
    expect(other).toMatchObject({ kind: 'existing', sameBody: false });
    expect(await world().admin.timeline(gtx)).toHaveLength(1);
  });

  it('answers a repeat within one batch with what the first one did', async () => {
    const gtx = gtxIn(world());

    const outcomes = await world()
      .open('one')
      .begin([newOf(gtx), newOf(gtx, { bodyHash: 'another' })]);

    expect(outcomes).toMatchObject([{ kind: 'created' }, { kind: 'existing', sameBody: false }]);
  });

  it('binds an idempotency key to one transaction', async () => {
    const [first, second] = gtxsIn(world(), 2) as [string, string];
    const ledger = world().open('one');
    await begun(ledger, [newOf(first, { idempotencyKey: 'key' })]);

    const again = await ledger.begin([
      newOf(second, { idempotencyKey: 'key' }),
      newOf(second, { idempotencyKey: 'key', bodyHash: 'another' }),
    ]);

    expect(again).toMatchObject([
      { kind: 'existing', sameBody: true, stored: { tx: { gtx: first } } },
      { kind: 'existing', sameBody: false, stored: { tx: { gtx: first } } },
    ]);
    expect(await ledger.load([second])).toEqual([]);
  });

  it('binds a key that comes twice in one batch to the first', async () => {
    const [first, second] = gtxsIn(world(), 2) as [string, string];

    const outcomes = await world()
      .open('one')
      .begin([newOf(first, { idempotencyKey: 'twice' }), newOf(second, { idempotencyKey: 'twice' })]);

    expect(outcomes).toMatchObject([
      { kind: 'created' },
      { kind: 'existing', stored: { tx: { gtx: first } } },
    ]);
  });

  it('does not bind a key to a transaction with another body', async () => {
    const [first, second] = gtxsIn(world(), 2) as [string, string];
    const ledger = world().open('one');
    await beginNew(ledger, [first]);

    await ledger.begin([newOf(first, { idempotencyKey: 'mine', bodyHash: 'another' })]);
    const [later] = await ledger.begin([newOf(second, { idempotencyKey: 'mine' })]);

    expect(later).toMatchObject({ kind: 'created' });
  });

  it('binds a key to a transaction that was begun without it, when the body is the same', async () => {
    const [first, second] = gtxsIn(world(), 2) as [string, string];
    const ledger = world().open('one');
    await beginNew(ledger, [first]);

    await ledger.begin([newOf(first, { idempotencyKey: 'late' })]);
    const [later] = await ledger.begin([newOf(second, { idempotencyKey: 'late' })]);

    expect(later).toMatchObject({ kind: 'existing', stored: { tx: { gtx: first } } });
  });

  it('of many concurrent BEGINs of one gtx exactly one creates, the others see it', async () => {
    const gtx = gtxIn(world());
    const ledgers = Array.from({ length: 8 }, (_, at) => world().open(`racer-${at}`));

    const outcomes = await Promise.all(ledgers.map((ledger) => ledger.begin([newOf(gtx)])));

    const kinds = outcomes.flatMap(kindsOf).sort();
    expect(kinds).toEqual(['created', ...Array<string>(7).fill('existing')]);
    expect(await world().admin.timeline(gtx)).toHaveLength(1);
  });

  it('of many concurrent BEGINs with one key exactly one creates, all name its transaction', async () => {
    const gtxs = gtxsIn(world(), 8);
    const ledgers = gtxs.map((_, at) => world().open(`racer-${at}`));

    const outcomes = await Promise.all(
      ledgers.map((ledger, at) => ledger.begin([newOf(gtxs[at]!, { idempotencyKey: 'race' })])),
    );

    const winner = outcomes.flat().filter(({ kind }) => kind === 'created');
    expect(winner).toHaveLength(1);
    const named = outcomes.flat().map((outcome) => (outcome.kind === 'held' ? null : outcome.stored.tx.gtx));
    expect(new Set(named).size).toBe(1);
    expect(await world().open('one').load(gtxs)).toHaveLength(1);
  });

  it('keeps new ones apart from repeats in one batch, with two statements at most', async () => {
    const [old, fresh] = gtxsIn(world(), 2) as [string, string];
    const ledger = world().open('one');
    await beginNew(ledger, [old]);
    world().statements();

    const outcomes = await ledger.begin([newOf(old), newOf(fresh)]);

    expect(kindsOf(outcomes)).toEqual(['existing', 'created']);
    expect(world().statements()?.length ?? 2).toBe(2);
  });

  it('L6: appends the timeline in the same write', async () => {
    const gtx = gtxIn(world());
    const timeline = [entryOf('BEGUN', { mode: '2pc' }), { ...entryOf('NOTED'), branch: 'stock' }];
    await begun(world().open('one'), [newOf(gtx, { timeline })]);

    const told = await world().admin.timeline(gtx);

    expect(told).toMatchObject(timeline);
    expect(told.every(({ at }) => at.endsWith('Z'))).toBe(true);
  });

  it('stores whatever text and JSON a caller sends, and fails no neighbour for it', async () => {
    const [odd, plain] = gtxsIn(world(), 2) as [string, string];
    const payload = { nul: 'a\u0000b', half: '\ud800', quotes: `"'\\{}`, deep: [[{ n: 1e30 }], null, true] };
    const tx = transactionOf(odd);
    const branches = tx.branches.map((branch) => ({ ...branch, payload }));
    const timeline = [entryOf('BEGUN', payload)];
    const ledger = world().open('one');

    await begun(ledger, [
      newOf(odd, { tx: { ...tx, branches }, description: 'a"\\,{}\nb', businessKey: '\u{1F375}', timeline }),
      newOf(plain),
    ]);

    const stored = await loadOne(ledger, odd);
    expect(stored.tx.branches[0]?.payload).toEqual(payload);
    expect(stored).toMatchObject({ description: 'a"\\,{}\nb', businessKey: '\u{1F375}' });
    expect((await world().admin.timeline(odd))[0]?.detail).toEqual(payload);
  });

  it('refuses an image that is not one of a new transaction, and writes nothing of its batch', async () => {
    const [good, bad] = gtxsIn(world(), 2) as [string, string];
    const ledger = world().open('one');
    const begin = ledger.begin([newOf(good), newOf(bad, { tx: transactionOf(bad, { version: 2 }) })]);

    await expect(begin).rejects.toMatchObject({ name: 'LedgerError', code: 'REFUSED', ambiguous: false });
    expect(await ledger.load([good, bad])).toEqual([]);
  });
}
