import { expect, it } from '@jest/globals';
import {
  beginNew,
  gtxIn,
  gtxsIn,
  kindsOf,
  newOf,
  stepOf,
  decided,
  type LedgerWorld,
} from './ledger-world.js';

/** L7, and the recovery hold under which it rests. */
export function ledgerInquiries(world: () => LedgerWorld): void {
  it('L7: an inquiry for an unknown gtx leaves a durable ABORT of attempt 1', async () => {
    const gtx = gtxIn(world());

    const [planted] = await world().open('two').plantTombstones([gtx], 'INQUIRY');

    const [read] = await world().open('one').load([gtx]);
    expect(planted?.tx).toEqual(read?.tx);
    expect(read).toMatchObject({
      tombstone: true,
      bodyHash: null,
      driver: null,
      tx: {
        state: 'ABORTED',
        branches: [],
        attempts: [{ attempt: 1, decision: 'ABORT', reason: 'INQUIRY', decidedBy: 'two' }],
      },
    });
    expect(read?.endedAt).toBe(read?.tx.attempts[0]?.decidedAt);
    expect((await world().admin.timeline(gtx)).map(({ kind }) => kind)).toEqual(['TOMBSTONE']);
  });

  it('L7: a known transaction is left as it is and told', async () => {
    const [known, unknown] = gtxsIn(world(), 2) as [string, string];
    const ledger = world().open('one');
    await beginNew(ledger, [known]);

    const told = await ledger.plantTombstones([known, unknown, known], 'INQUIRY');

    expect(new Map(told.map(({ tx, tombstone }) => [tx.gtx, tombstone]))).toEqual(
      new Map([
        [known, false],
        [unknown, true],
      ]),
    );
  });

  it('a BEGIN that meets a tombstone is told so, and its body is nobody else’s', async () => {
    const gtx = gtxIn(world());
    const ledger = world().open('one');
    await ledger.plantTombstones([gtx], 'INQUIRY');

    const [outcome] = await ledger.begin([newOf(gtx)]);

    expect(outcome).toMatchObject({
      kind: 'existing',
      sameBody: true,
      stored: { tombstone: true, tx: { state: 'ABORTED' } },
    });
    expect(await ledger.commitSteps([stepOf(gtx, 1, decided('COMMIT'))])).toEqual([{ kind: 'stale' }]);
  });

  it('of a racing BEGIN and inquiry one wins, and both tell the same', async () => {
    const gtxs = gtxsIn(world(), 20);
    const [accepted, told] = await Promise.all([
      world()
        .open('one')
        .begin(gtxs.map((gtx) => newOf(gtx))),
      world().open('two').plantTombstones(gtxs, 'INQUIRY'),
    ]);

    const tombstones = new Map(told.map(({ tx, tombstone }) => [tx.gtx, tombstone]));
    gtxs.forEach((gtx, at) => {
      expect(accepted[at]?.kind).toBe(tombstones.get(gtx) === true ? 'existing' : 'created');
    });
  });

  it('during recovery hold nothing is begun and nothing planted', async () => {
    const [known, unknown] = gtxsIn(world(), 2) as [string, string];
    const ledger = world().open('one');
    await beginNew(ledger, [known]);
    expect(await world().admin.setHold(true, { raiseEpoch: true })).toEqual({ epoch: 2, hold: true });

    const outcomes = await ledger.begin([newOf(unknown, { idempotencyKey: 'held' }), newOf(known)]);
    const told = await ledger.plantTombstones([known, unknown], 'INQUIRY');

    expect(kindsOf(outcomes)).toEqual(['held', 'held']);
    expect(told.map(({ tx }) => tx.gtx)).toEqual([known]);
    expect(await ledger.state()).toMatchObject({ epoch: 2, hold: true });
  });

  it('after the hold, transactions carry the new epoch, and a key named during it is free', async () => {
    const [first, second] = gtxsIn(world(), 2) as [string, string];
    const ledger = world().open('one');
    await world().admin.setHold(true, { raiseEpoch: true });
    await ledger.begin([newOf(first, { idempotencyKey: 'held' })]);

    expect(await world().admin.setHold(false)).toEqual({ epoch: 2, hold: false });
    const [outcome] = await ledger.begin([newOf(second, { idempotencyKey: 'held' })]);

    expect(outcome).toMatchObject({ kind: 'created', stored: { tx: { ledgerEpoch: 2 } } });
    expect((await ledger.load([second]))[0]?.tx.ledgerEpoch).toBe(2);
  });

  it('steps of what is known go on during the hold', async () => {
    const gtx = gtxIn(world());
    const ledger = world().open('one');
    await beginNew(ledger, [gtx]);
    await world().admin.setHold(true);

    expect(kindsOf(await ledger.commitSteps([stepOf(gtx, 1, { tries: 1 })]))).toEqual(['applied']);
  });
}
