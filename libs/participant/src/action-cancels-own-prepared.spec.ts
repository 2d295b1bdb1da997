import { describe, expect, it } from '@jest/globals';
import { abort, action, amountSchema, Bench, commit, gate, prepare } from './fixtures/participant.fixture.js';
import { settled } from './fixtures/manual-clock.fixture.js';
import { Refused } from './operations/refused.js';

describe('an ACTION of attempt 2 (R3)', () => {
  it('cancels the reservation that attempt 1 holds here, in its own transaction', async () => {
    const bench = new Bench();
    await bench.send(prepare('reserve'));

    const replies = await bench.send(action('reserve', { attempt: 2 }));

    expect(replies).toMatchObject([{ type: 'RESULT', phase: 'ACTION', result: 'DONE', attempt: 2 }]);
    expect(await bench.row(1)).toMatchObject({ state: 'ABORTED' });
    expect(await bench.row(2)).toMatchObject({ state: 'DONE', style: 'saga' });
    expect([bench.count('cancelled'), bench.count('acted')]).toEqual([1, 1]);
  });

  it('rolls back the prepared transaction of attempt 1', async () => {
    const bench = new Bench();
    await bench.send(prepare('charge'));

    const replies = await bench.send(action('charge', { attempt: 2 }));

    expect(replies).toMatchObject([{ result: 'DONE' }]);
    expect(await bench.gids()).toEqual([]);
    expect([bench.count('charged'), bench.count('acted')]).toEqual([0, 1]);
  });

  it.each(['charge', 'reserve'])('refuses PREPARE of attempt 1 for ever (%s)', async (operation) => {
    const bench = new Bench();
    await bench.send(action(operation, { attempt: 2 }));

    expect(await bench.send(prepare(operation))).toMatchObject([{ vote: 'NO', noCode: 'FENCED' }]);
    expect(await bench.send(abort())).toMatchObject([{ type: 'ACK', state: 'ABORTED' }]);
    expect(await bench.row(2)).toMatchObject({ state: 'DONE' });
  });

  it('that is refused keeps fence, cancel and the FAILED row; only the handler is rolled back', async () => {
    const bench = new Bench();
    await bench.send(prepare('reserve'));

    const replies = await bench.send(action('reserve', { attempt: 2, payload: { amount: -5 } }));

    expect(replies).toMatchObject([{ result: 'FAILED', state: 'FAILED', code: 'NEGATIVE' }]);
    expect(await bench.row(1)).toMatchObject({ state: 'ABORTED' });
    expect(bench.count('cancelled')).toBe(1);
    expect(await bench.send(prepare('reserve'))).toMatchObject([{ noCode: 'FENCED' }]);
    expect(await bench.send(action('reserve', { attempt: 2 }))).toEqual(replies);
  });

  it('that throws changes nothing at all and is answered RETRY', async () => {
    const broken = { one: async () => Promise.reject(new Error('out of order')) };
    const plain = { one: async () => undefined };
    const bench = new Bench({
      operations: [
        {
          name: 'reserve',
          tcc: { schema: amountSchema, try: plain, confirm: plain, cancel: plain },
          saga: { schema: amountSchema, action: broken, compensate: plain },
        },
      ],
    });
    await bench.send(prepare('reserve'));

    const replies = await bench.send(action('reserve', { attempt: 2 }));

    expect(replies).toMatchObject([{ result: 'RETRY', state: null, code: 'ERROR', message: 'out of order' }]);
    expect(await bench.row(1)).toMatchObject({ state: 'PREPARED' });
    expect(await bench.row(2)).toBeNull();
  });

  it('does not run over an attempt that committed', async () => {
    const bench = new Bench();
    await bench.send(prepare('charge'));
    await bench.send(commit());

    const replies = await bench.send(action('charge', { attempt: 2 }));

    expect(replies).toMatchObject([{ result: 'RETRY' }]);
    expect(bench.count('acted')).toBe(0);
    expect(bench.log.lines.some(({ level }) => level === 'error')).toBe(true);
  });
});

describe('a PREPARE of attempt 1 that is under way while the ACTION of attempt 2 commits in another process', () => {
  it.each(['charge', 'reserve'])('is refused by its own test of the fence (%s)', async (operation) => {
    const door = gate();
    const slow = new Bench({ at: (point) => (point === 'P1' ? door.passed : undefined) });
    const other = new Bench({ server: slow.server });
    const xa = operation === 'charge';

    const prepared = slow.send(prepare(operation));
    await settled();
    // tcc wrote its row and fence before the handler: the action meets their locks and is tried again.
    const acted = await other.send(action(operation, { attempt: 2 }));
    door.open();
    const votes = await prepared;

    expect(acted).toMatchObject([{ result: xa ? 'DONE' : 'RETRY' }]);
    expect(votes).toMatchObject([xa ? { vote: 'NO', noCode: 'FENCED' } : { vote: 'YES' }]);
    expect(await other.send(action(operation, { attempt: 2 }))).toMatchObject([{ result: 'DONE' }]);
    expect(await other.send(prepare(operation))).toMatchObject([{ noCode: 'FENCED' }]);
    expect([await other.gids(), other.count('acted')]).toEqual([[], 1]);
  });
});

describe('an ACTION', () => {
  it('runs once, however often it comes, and repeats its stored result', async () => {
    const bench = new Bench();

    const replies = [...(await bench.send(action('ship'))), ...(await bench.send(action('ship')))];

    expect(replies).toMatchObject([{ result: 'DONE' }, { result: 'DONE' }]);
    expect(bench.count('acted')).toBe(1);
  });

  it('of a retriable step is never stored as refused: it is tried again until it succeeds', async () => {
    let refusing = true;
    const bench = new Bench({
      operations: [
        {
          name: 'ship',
          saga: {
            schema: amountSchema,
            action: {
              one: async () => {
                if (refusing) throw new Refused('CLOSED', 'opens tomorrow');
              },
            },
          },
        },
      ],
    });

    const first = await bench.send(action('ship', { kind: 'retriable' }));
    refusing = false;
    const second = await bench.send(action('ship', { kind: 'retriable' }));

    expect(first).toMatchObject([{ result: 'RETRY', state: null, code: 'CLOSED' }]);
    expect(second).toMatchObject([{ result: 'DONE' }]);
  });

  it('with an invalid payload or of an unknown operation is FAILED with a message that says so', async () => {
    const bench = new Bench();

    const invalid = await bench.send(action('ship', { payload: { amount: 'much' } }));
    const unknown = await bench.send(action('paint', { branch: 'b2' }));

    expect(invalid).toMatchObject([{ result: 'FAILED', code: 'INVALID_PAYLOAD' }]);
    expect(unknown).toMatchObject([
      { result: 'FAILED', code: 'ERROR', message: 'participant "shop" has no action "paint"' },
    ]);
    expect(bench.count('acted')).toBe(0);
  });
});
