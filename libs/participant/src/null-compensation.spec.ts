import { describe, expect, it } from '@jest/globals';
import { action, Bench, compensate, prepare } from './fixtures/participant.fixture.js';

const done = { type: 'RESULT', phase: 'COMPENSATE', result: 'DONE' };

describe('a compensation of an action that never ran', () => {
  it('compensates nothing and plants the key, so that the late action is refused for ever', async () => {
    const bench = new Bench();

    const planted = await bench.send(compensate('ship'));
    const late = await bench.send(action('ship'));
    const later = await bench.send(action('ship'));

    expect(planted).toMatchObject([{ ...done, state: 'NULL_COMPENSATED' }]);
    expect(late).toMatchObject([
      { phase: 'ACTION', result: 'FAILED', state: 'NULL_COMPENSATED', code: 'FENCED' },
    ]);
    expect(later).toEqual(late);
    expect([bench.count('acted'), bench.count('compensated')]).toEqual([0, 0]);
  });

  it('is possible where the operation has no compensation at all', async () => {
    const bench = new Bench();

    expect(await bench.send(compensate('nothing-of-that-name'))).toMatchObject([
      { ...done, state: 'NULL_COMPENSATED' },
    ]);
  });

  it('goes past a prepared earlier xa attempt, whose abort is decided', async () => {
    const bench = new Bench();
    await bench.send(prepare('charge'));

    const replies = await bench.send(compensate('charge', { attempt: 2 }));

    expect(replies).toMatchObject([{ ...done, state: 'NULL_COMPENSATED' }]);
    expect(await bench.gids()).toEqual([]);
  });
});

describe('a compensation', () => {
  it('undoes a done action exactly once, however often it comes', async () => {
    const bench = new Bench();
    await bench.send(action('ship'));

    const replies = [...(await bench.send(compensate('ship'))), ...(await bench.send(compensate('ship')))];

    expect(replies).toMatchObject([
      { ...done, state: 'COMPENSATED' },
      { ...done, state: 'COMPENSATED' },
    ]);
    expect([bench.count('acted'), bench.count('compensated')]).toEqual([1, 1]);
  });

  it('has nothing to undo where the action failed', async () => {
    const bench = new Bench();
    await bench.send(action('ship', { payload: { amount: -1 } }));

    expect(await bench.send(compensate('ship'))).toMatchObject([{ ...done, state: 'FAILED' }]);
    expect(bench.count('compensated')).toBe(0);
  });

  it('that throws is answered RETRY and leaves the action done', async () => {
    const bench = new Bench({
      operations: [
        {
          name: 'ship',
          saga: {
            schema: { safeParse: (data: unknown) => ({ success: true, data }) } as never,
            action: { one: async () => ({ parcel: 7 }) },
            compensate: { one: async () => Promise.reject(new Error('the carrier does not answer')) },
          },
        },
      ],
    });
    await bench.send(action('ship'));

    const replies = await bench.send(compensate('ship'));

    expect(replies).toMatchObject([{ result: 'RETRY', state: null, message: 'the carrier does not answer' }]);
    expect(await bench.row()).toMatchObject({ state: 'DONE', output: { parcel: 7 } });
  });
});

describe('settling a pivot', () => {
  it('plants the key where the action never ran', async () => {
    const bench = new Bench();

    expect(await bench.send(compensate('ship', { settle: true }))).toMatchObject([
      { ...done, state: 'NULL_COMPENSATED' },
    ]);
    expect(await bench.send(action('ship'))).toMatchObject([{ result: 'FAILED', code: 'FENCED' }]);
  });

  it('reports what the action came to and undoes nothing', async () => {
    const bench = new Bench();
    await bench.send(
      action('ship', { kind: 'pivot' }),
      action('ship', { kind: 'pivot', branch: 'b2', payload: { amount: -1 } }),
    );

    const replies = await bench.send(
      compensate('ship', { settle: true }),
      compensate('ship', { settle: true, branch: 'b2' }),
    );

    expect(replies.map((reply) => 'state' in reply && reply.state).sort()).toEqual(['DONE', 'FAILED']);
    expect(bench.count('compensated')).toBe(0);
    expect(await bench.row()).toMatchObject({ state: 'DONE' });
  });
});
