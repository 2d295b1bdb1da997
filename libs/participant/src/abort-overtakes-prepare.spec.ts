import { describe, expect, it } from '@jest/globals';
import { abort, Bench, commit, prepare } from './fixtures/participant.fixture.js';

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
