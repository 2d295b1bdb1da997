import { describe, expect, it } from '@jest/globals';
import type { StoreVerb } from '#persistence';
import { abort, Bench, commit, prepare, xaOperation } from './fixtures/participant.fixture.js';

describe.each(['charge', 'reserve', 'ship'])('an ABORT that overtakes its PREPARE (%s)', (operation) => {
  it('leaves a tombstone that refuses the late PREPARE for ever', async () => {
    const bench = new Bench();

    const first = await bench.send(abort());
    const late = await bench.send(prepare(operation));
    const later = await bench.send(prepare(operation));

    expect(first).toMatchObject([{ type: 'ACK', state: 'ABORTED' }]);
    expect(late).toMatchObject([{ type: 'VOTE', vote: 'NO', noCode: 'FENCED' }]);
    expect(later).toEqual(late);
    expect(await bench.row()).toMatchObject({ state: 'ABORTED' });
    expect([bench.count('charged'), bench.count('tried')]).toEqual([0, 0]);
    expect(await bench.gids()).toEqual([]);
  });

  it('is acknowledged again when it is repeated', async () => {
    const bench = new Bench();
    await bench.send(prepare(operation));

    const acks = [...(await bench.send(abort())), ...(await bench.send(abort()))];

    expect(acks).toMatchObject([{ state: 'ABORTED' }, { state: 'ABORTED' }]);
    expect(await bench.gids()).toEqual([]);
  });
});

describe('ABORT', () => {
  it('undoes what was prepared: the xa work is gone, the tcc reservation cancelled once', async () => {
    const bench = new Bench();
    await bench.send(prepare('charge', { branch: 'x' }), prepare('reserve', { branch: 't' }));

    await bench.send(abort({ branch: 'x' }), abort({ branch: 't' }));
    await bench.send(abort({ branch: 'x' }), abort({ branch: 't' }));

    expect(bench.count('charged', { branch: 'x' })).toBe(0);
    expect(bench.count('cancelled', { branch: 't' })).toBe(1);
    expect(await bench.gids()).toEqual([]);
  });

  it('of an old attempt never touches a newer one', async () => {
    const bench = new Bench();
    await bench.send(prepare('reserve', { attempt: 2 }));

    const replies = await bench.send(abort({ attempt: 1 }));

    expect(replies).toMatchObject([{ type: 'ACK', attempt: 1, state: 'ABORTED' }]);
    expect(await bench.row(2)).toMatchObject({ state: 'PREPARED' });
  });

  it('that contradicts a committed branch is alarmed and told the truth', async () => {
    const bench = new Bench();
    await bench.send(prepare('charge'));
    await bench.send(commit());

    const replies = await bench.send(abort());

    expect(replies).toMatchObject([{ type: 'ACK', state: 'COMMITTED' }]);
    expect(bench.log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    expect(bench.count('charged')).toBe(1);
  });
});

describe('ABORTs of xa branches that never prepared', () => {
  const branches = ['a', 'b', 'c', 'd'];
  const counting = () => {
    const verbs: StoreVerb[] = [];
    const bench = new Bench({
      operations: [xaOperation],
      hook: (verb, moment) => void (moment === 'before' && verbs.push(verb)),
    });
    return { bench, of: (verb: StoreVerb) => verbs.filter((one) => one === verb).length };
  };

  it('share a look and a local transaction', async () => {
    const { bench, of } = counting();

    const acks = await bench.send(...branches.map((branch) => abort({ branch })));

    expect(acks.map((ack) => ack.type === 'ACK' && ack.state)).toEqual(branches.map(() => 'ABORTED'));
    expect([of('look'), of('begin'), of('commit'), of('rollbackPrepared')]).toEqual([1, 1, 1, 0]);
  });

  it('leave COMMIT as it was: nothing is looked at before COMMIT PREPARED', async () => {
    const { bench, of } = counting();
    await bench.send(prepare('charge'));
    const before = of('look');

    await bench.send(commit());

    // The one look is for the row, after it.
    expect([of('look') - before, of('commitPrepared')]).toEqual([1, 1]);
  });

  it('do not keep those waiting that did prepare, or have ended before', async () => {
    const { bench, of } = counting();
    await bench.send(prepare('charge', { branch: 'a' }), abort({ branch: 'b' }));

    const acks = await bench.send(...branches.map((branch) => abort({ branch })));

    expect(acks.map((ack) => ack.type === 'ACK' && ack.state)).toEqual(branches.map(() => 'ABORTED'));
    expect([await bench.gids(), of('rollbackPrepared')]).toEqual([[], 1]);
  });

  it('go their ways from the start when one of them prepares after the look', async () => {
    const copy = new Bench({ operations: [xaOperation] });
    let looked = false;
    const bench = new Bench({
      operations: [xaOperation],
      server: copy.server,
      lockTimeoutMs: 0,
      hook: async (verb, moment) => {
        if (verb !== 'look' || moment === 'before' || looked) return;
        looked = true;
        await copy.send(prepare('charge', { branch: 'c' }));
      },
    });

    const acks = await bench.send(...branches.map((branch) => abort({ branch })));

    expect(new Set(acks.map((ack) => ack.type === 'ACK' && ack.state))).toEqual(new Set(['ABORTED']));
    expect([await bench.gids(), bench.count('charged', { branch: 'c' })]).toEqual([[], 0]);
  });
});
