import { describe, expect, it } from '@jest/globals';
import { add, amountSchema, Bench, gate, gtxOf, prepare } from './fixtures/participant.fixture.js';
import { defineOperation } from './operations/operation.js';

describe.each(['charge', 'reserve'])('a PREPARE whose budget is spent (%s)', (operation) => {
  it('plants a tombstone, does no work and repeats NO(EXPIRED)', async () => {
    const bench = new Bench();

    const votes = await bench.send(prepare(operation, { budgetMs: 0 }));
    const again = await bench.send(prepare(operation));

    expect(votes).toMatchObject([{ vote: 'NO', noCode: 'EXPIRED' }]);
    expect(again).toEqual(votes);
    expect(await bench.row()).toMatchObject({ state: 'ABORTED' });
    expect([bench.count('charged'), bench.count('tried')]).toEqual([0, 0]);
  });

  it('still gets the vote of what is prepared: nothing is rolled back', async () => {
    const bench = new Bench();
    await bench.send(prepare(operation));

    expect(await bench.send(prepare(operation, { budgetMs: 0 }))).toMatchObject([{ vote: 'YES' }]);
  });
});

describe('the budget', () => {
  it('is counted from receipt, also while the command waits for a free connection', async () => {
    const door = gate();
    const bench = new Bench({
      concurrency: 1,
      operations: [
        defineOperation({
          name: 'charge',
          xa: {
            schema: amountSchema,
            work: {
              async one(context) {
                await door.passed;
                await add(context, 'charged');
              },
            },
          },
        }),
      ],
    });
    const late = { gtx: gtxOf(2) };

    const first = bench.send(prepare('charge'));
    const waiting = bench.take(prepare('charge', late));
    await bench.clock.advance(6_000);
    door.open();
    await Promise.all([first, waiting]);

    expect(bench.replies).toMatchObject([{ vote: 'YES' }, { ...late, noCode: 'EXPIRED' }]);
    expect(bench.count('charged', late)).toBe(0);
  });
});
