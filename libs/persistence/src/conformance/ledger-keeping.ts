import { expect, it } from '@jest/globals';
import type { NewDeadLetter, ParticipantHello } from '../port/ledger.js';
import { allPages, beginNew, begun, endAll, gtxIn, gtxsOf, newOf, type LedgerWorld } from './ledger-world.js';

const RETENTION_MS = 14 * 24 * 3_600_000;

const helloOf = (
  name: string,
  instance: string,
  change: Partial<ParticipantHello> = {},
): ParticipantHello => ({
  ...{ name, instance, bootId: `boot-${instance}`, wireVersions: [1] },
  operations: [{ name: 'reserve', styles: ['tcc', 'saga'], compensates: true }],
  ...change,
});

const letterOf = (offset: string, change: Partial<NewDeadLetter> = {}): NewDeadLetter => ({
  ...{ topic: 'concordat.replies', partition: 3, offset, key: null, headers: { v: '1' }, value: 'AAE=' },
  ...{ truncated: false, reason: 'BAD_JSON', detail: 'not JSON', app: 'coordinator', instance: 'one' },
  ...change,
});

/** What is kept about others, and for how long. */
export function ledgerKeeping(world: () => LedgerWorld): void {
  it('hello registers a participant and its instances; the last word counts', async () => {
    const ledger = world().open('one');
    await ledger.hello([helloOf('payments', 'p1'), helloOf('inventory', 'i1'), helloOf('payments', 'p2')]);
    await ledger.hello([helloOf('payments', 'p1', { bootId: 'again', wireVersions: [1, 2] })]);

    const known = await ledger.participants();

    expect(known).toMatchObject([
      { name: 'inventory', instances: [{ instance: 'i1' }] },
      {
        name: 'payments',
        wireVersions: [1, 2],
        operations: helloOf('payments', 'p1').operations,
        instances: [
          { instance: 'p1', bootId: 'again' },
          { instance: 'p2', bootId: 'boot-p2' },
        ],
      },
    ]);
  });

  it('silence of a participant is measured by the ledger’s clock', async () => {
    const ledger = world().open('one');
    await ledger.hello([helloOf('payments', 'p1'), helloOf('payments', 'p2')]);
    await world().age(10_000);
    await ledger.hello([helloOf('payments', 'p2')]);

    const [payments] = await ledger.participants();

    expect(payments?.silentMs).toBeLessThan(10_000);
    expect(payments?.instances[0]?.silentMs).toBeGreaterThanOrEqual(10_000);
    expect(payments?.lastSeenAt).toBe(payments?.instances[1]?.lastSeenAt);
  });

  it('concurrent hellos of the same participants all pass', async () => {
    const names = Array.from({ length: 10 }, (_, at) => `p${at}`);
    const batches = [names, [...names].reverse(), names, [...names].reverse()];

    await Promise.all(
      batches.map((batch, at) =>
        world()
          .open(`l${at}`)
          .hello(batch.map((name) => helloOf(name, `i${at}`))),
      ),
    );

    const known = await world().open('one').participants();
    expect(known.map(({ instances }) => instances.length)).toEqual(names.map(() => 4));
  });

  it('a dead letter is stored once per record, whoever reads it again', async () => {
    await world()
      .open('one')
      .storeDeadLetters([letterOf('1'), letterOf('2', { key: 'a\u0000' }), letterOf('1')]);
    await world()
      .open('two')
      .storeDeadLetters([letterOf('2'), letterOf('3', { topic: 'concordat.requests' })]);

    const { items } = await world().admin.deadLetters({}, { limit: 10, cursor: null });

    expect(items.map(({ offset }) => offset)).toEqual(['3', '2', '1']);
    expect(items[2]).toMatchObject({ ...letterOf('1'), requeuedAt: null, requeuedBy: null });
  });

  it('dead letters are found by reason, topic and id, and marked as requeued', async () => {
    const ledger = world().open('one');
    const change = { reason: 'OVERSIZE', topic: 'concordat.requests' };
    await ledger.storeDeadLetters([letterOf('1'), letterOf('2', change)]);
    const { items } = await world().admin.deadLetters(change, { limit: 10, cursor: null });
    const [letter] = items;

    await world().admin.markRequeued(letter!.id, 'operator');

    expect(items).toHaveLength(1);
    const marked = await world().admin.deadLetter(letter!.id);
    expect(marked).toMatchObject({ ...letterOf('2', change), requeuedBy: 'operator' });
    expect(marked?.requeuedAt).toMatch(/Z$/);
    expect(await world().admin.deadLetter('999999')).toBeNull();
    expect(await world().admin.deadLetter('nonsense')).toBeNull();
  });

  it('garbage collection removes what ended before the retention, with keys and timeline, in bounded batches', async () => {
    const born = RETENTION_MS + 3_600_000;
    const old = [gtxIn(world(), born), gtxIn(world(), born), gtxIn(world(), born)];
    const ledger = world().open('one');
    await begun(
      ledger,
      old.map((gtx) => newOf(gtx, { idempotencyKey: `key-${gtx}` })),
    );
    await endAll(ledger, old);
    await world().age(RETENTION_MS + 60_000);
    const options = { retentionMs: RETENTION_MS, limit: 2 };

    const first = await ledger.collectGarbage(options);
    const second = await ledger.collectGarbage(options);

    expect([...first, ...second].map(({ gtx }) => gtx)).toEqual(old);
    expect(first).toHaveLength(2);
    expect(first[0]).toMatchObject({
      attempts: [1],
      branches: [
        { branch: 'stock', participant: 'inventory' },
        { branch: 'money', participant: 'payments' },
      ],
    });
    expect(await ledger.load(old)).toEqual([]);
    expect(await world().admin.timeline(old[0]!)).toEqual([]);
    const [again] = await ledger.begin([newOf(gtxIn(world()), { idempotencyKey: `key-${old[0]}` })]);
    expect(again?.kind).toBe('created');
  });

  it('garbage collection leaves what still lives, however old, and what ended lately', async () => {
    const [live, lately] = [gtxIn(world(), 2 * RETENTION_MS), gtxIn(world(), 2 * RETENTION_MS)];
    const ledger = world().open('one');
    await beginNew(ledger, [live, lately]);
    await world().age(2 * RETENTION_MS);
    await endAll(ledger, [lately]);

    expect(await ledger.collectGarbage({ retentionMs: RETENTION_MS, limit: 100 })).toEqual([]);
    expect(gtxsOf(await ledger.load([live, lately]))).toHaveLength(2);
  });

  it('garbage collection also drops old dead letters and instances that fell silent', async () => {
    const ledger = world().open('one');
    await ledger.storeDeadLetters([letterOf('1')]);
    await ledger.hello([helloOf('payments', 'gone')]);
    await world().age(RETENTION_MS + 60_000);
    await ledger.storeDeadLetters([letterOf('2')]);

    await ledger.collectGarbage({ retentionMs: RETENTION_MS, limit: 100 });

    const { items } = await world().admin.deadLetters({}, { limit: 10, cursor: null });
    expect(items.map(({ offset }) => offset)).toEqual(['2']);
    expect(await ledger.participants()).toMatchObject([{ name: 'payments', instances: [] }]);
  });

  it('the audit log keeps every act, newest first', async () => {
    const entry = {
      action: 'force-abort',
      gtx: gtxIn(world()),
      caller: 'ann',
      reason: 'a\nb',
      dryRun: false,
    };
    for (const accepted of [true, false, true]) {
      await world().admin.appendAudit({ ...entry, accepted, detail: { accepted } });
    }

    const { items, pages } = await allPages((page) => world().admin.audit(page), 2);

    expect(pages).toBe(2);
    expect(items.map(({ accepted }) => accepted)).toEqual([true, false, true]);
    expect(items[0]).toMatchObject({ ...entry, detail: { accepted: true } });
    expect(Number(items[0]?.id)).toBeGreaterThan(Number(items[1]?.id));
  });

  it('ping resolves while the ledger answers', async () => {
    await expect(world().open('one').ping()).resolves.toBeUndefined();
  });
}
