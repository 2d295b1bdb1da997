import { describe, expect, it } from '@jest/globals';
import { MemoryServer } from '#persistence';
import { add, amountSchema, Bench, commit, gate, prepare } from './fixtures/participant.fixture.js';
import { ManualClock, settled } from './fixtures/manual-clock.fixture.js';
import { defineOperation } from './operations/operation.js';
import { Refused } from './operations/refused.js';
import type { OperationDefinition } from './operations/operation.js';

describe.each([
  ['charge', 'charged'],
  ['reserve', 'tried'],
])('a PREPARE that comes again (%s)', (operation, effect) => {
  it('gets the same vote and does no work', async () => {
    const bench = new Bench();

    const votes = [...(await bench.send(prepare(operation))), ...(await bench.send(prepare(operation)))];
    await bench.send(commit());

    expect(votes).toMatchObject([{ vote: 'YES' }, { vote: 'YES' }]);
    expect(bench.count(effect)).toBe(1);
  });

  it('gets ACK(COMMITTED) once the branch is committed', async () => {
    const bench = new Bench();
    await bench.send(prepare(operation));
    await bench.send(commit());

    expect(await bench.send(prepare(operation))).toMatchObject([{ type: 'ACK', state: 'COMMITTED' }]);
    expect(bench.count(effect)).toBe(1);
  });

  it('while the first is under way in this process joins it: one run, an answer to each who asked', async () => {
    const looks: string[] = [];
    const bench = new Bench({ hook: (verb, moment) => void (moment === 'before' && looks.push(verb)) });

    const copies = await bench.send(
      prepare(operation, { replyPartition: 0 }),
      prepare(operation, { replyPartition: 3 }),
    );
    const verbsOfTwo = looks.length;
    await bench.send(prepare(operation, { branch: 'b2' }));

    expect(copies).toHaveLength(2);
    expect(looks.length - verbsOfTwo).toBe(verbsOfTwo);
  });
});

describe('two processes with the same PREPARE', () => {
  const held = (hold: Promise<void>): OperationDefinition<{ amount: number }> => ({
    name: 'charge',
    xa: {
      schema: amountSchema,
      work: {
        async one(context) {
          await add(context, 'charged');
          await hold;
        },
      },
    },
  });

  it('vote YES together: the one that meets the lock of the other looks again', async () => {
    const clock = new ManualClock();
    const server = new MemoryServer({ clock });
    const door = gate();
    const first = new Bench({ clock, server, operations: [held(door.passed)] });
    const second = new Bench({ clock, server, operations: [held(Promise.resolve())], lockTimeoutMs: 1_000 });

    const slow = first.send(prepare('charge'));
    await settled();
    const quick = second.send(prepare('charge'));
    await settled();
    door.open();
    const votes = [...(await slow), ...(await Promise.all([quick, clock.advance(1_000)]))[0]];

    expect(votes).toMatchObject([{ vote: 'YES' }, { vote: 'YES' }]);
    await first.send(commit());
    expect(first.count('charged')).toBe(1);
  });

  it('answer alike when one was carried out while the other waited to work, and its handler refuses that', async () => {
    const door = gate();
    const once = held(Promise.resolve());
    const taken = (): boolean => quick.count('charged') > 0;
    const onlyOnce: OperationDefinition<{ amount: number }> = {
      name: 'charge',
      xa: {
        schema: amountSchema,
        work: {
          async one() {
            if (taken()) throw new Refused('TAKEN', 'the seat is taken');
          },
        },
      },
    };
    const slow = new Bench({
      operations: [onlyOnce],
      at: (point) => (point === 'P1' ? door.passed : undefined),
    });
    const quick = new Bench({ server: slow.server, operations: [once] });

    const late = slow.send(prepare('charge'));
    await settled();
    await quick.send(prepare('charge'));
    await quick.send(commit());
    door.open();

    expect(await late).toMatchObject([{ type: 'ACK', state: 'COMMITTED' }]);
  });

  it('that only reads vote READ_ONLY together: a duplicate row is looked at again, never a NO', async () => {
    const door = gate();
    const reading = defineOperation({
      name: 'charge',
      xa: { schema: amountSchema, work: { one: async () => ({ seen: 1 }) } },
    });
    const slow = new Bench({
      operations: [reading],
      at: (point) => (point === 'P1' ? door.passed : undefined),
    });
    const quick = new Bench({ server: slow.server, operations: [reading] });

    const late = slow.send(prepare('charge'));
    await settled();
    const votes = await quick.send(prepare('charge'));
    door.open();

    expect(await late).toEqual(votes);
    expect(votes).toMatchObject([{ vote: 'READ_ONLY', output: { seen: 1 } }]);
  });
});
