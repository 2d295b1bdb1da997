import { describe, expect, it } from '@jest/globals';
import { StoreError } from '#persistence';
import type { LocalTransaction } from '#persistence';
import { Bench, commit, prepare } from './fixtures/participant.fixture.js';

/** Holds the business row of a branch, as any other transaction of the service may. */
async function lockBusinessRow(bench: Bench, key: string): Promise<LocalTransaction> {
  const other = await bench.store.begin();
  await other.client.put(key, 0);
  return other;
}

const chargedRow = 'charged:0197f3c0-0000-7000-8000-000000000001:b1';
const triedRow = 'tried:0197f3c0-0000-7000-8000-000000000001:b1';

describe.each([
  ['charge', chargedRow],
  ['reserve', triedRow],
])('a lock timeout in PREPARE (%s)', (operation, key) => {
  it('is NO(LOCK_TIMEOUT) when looking again shows neither row nor gid', async () => {
    const bench = new Bench();
    await lockBusinessRow(bench, key);

    const votes = await bench.send(prepare(operation));

    expect(votes).toMatchObject([{ vote: 'NO', noCode: 'LOCK_TIMEOUT' }]);
    expect(bench.faults.passed.filter((point) => point === 'P1')).toHaveLength(2);
  });

  it('looks again only then', async () => {
    const verbs: string[] = [];
    const bench = new Bench({ hook: (verb, moment) => void (moment === 'before' && verbs.push(verb)) });

    expect(await bench.send(prepare(operation))).toMatchObject([{ vote: 'YES' }]);
    expect(verbs.filter((verb) => verb === 'look')).toHaveLength(operation === 'charge' ? 1 : 0);
  });

  it('does not end in NO when the lock is gone at the second look', async () => {
    let others: LocalTransaction | null = null;
    let looks = 0;
    const bench = new Bench({
      hook: async (verb, moment) => {
        if (verb === 'look' && moment === 'after' && ++looks === (operation === 'charge' ? 2 : 1))
          await others?.rollback();
      },
    });
    others = await lockBusinessRow(bench, key);

    expect(await bench.send(prepare(operation))).toMatchObject([{ vote: 'YES' }]);
  });
});

describe('deadlock and serialization failure', () => {
  it.each(['DEADLOCK', 'SERIALIZATION'] as const)(
    'are a NO with their own code, which allows the fallback (%s)',
    async (code) => {
      const bench = new Bench({
        hook: (verb, moment) => {
          if (verb === 'prepare' && moment === 'before')
            throw new StoreError(code, 'as the server says', false, null);
        },
      });

      expect(await bench.send(prepare('charge'))).toMatchObject([{ vote: 'NO', noCode: code }]);
    },
  );
});

describe('a finisher that meets another one', () => {
  it('waits while the gid is busy and goes on', async () => {
    let busy = 2;
    const bench = new Bench({
      hook: (verb, moment) => {
        if (verb !== 'commitPrepared' || moment !== 'before' || busy === 0) return;
        busy -= 1;
        throw new StoreError('BUSY', 'prepared transaction is busy', false, '55000');
      },
    });
    await bench.send(prepare('charge'));

    const finished = bench.send(commit());
    await bench.clock.advance(1_000);

    expect(await finished).toMatchObject([{ type: 'ACK', state: 'COMMITTED' }]);
    expect(bench.count('charged')).toBe(1);
  });
});
