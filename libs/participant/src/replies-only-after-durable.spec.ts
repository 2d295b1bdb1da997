import { describe, expect, it } from '@jest/globals';
import { MemoryServer, StoreError } from '#persistence';
import type { StoreVerb } from '#persistence';
import {
  abort,
  action,
  Bench,
  commit,
  compensate,
  gate,
  gtxOf,
  prepare,
} from './fixtures/participant.fixture.js';
import { ManualClock, settled } from './fixtures/manual-clock.fixture.js';

const lostAnswer = () => new StoreError('UNAVAILABLE', 'connection lost', true, null);

describe('a reply', () => {
  it.each([
    ['YES of xa', 'prepare', [prepare('charge')]],
    ['YES of tcc', 'commit', [prepare('reserve')]],
    ['RESULT', 'commit', [action('ship')]],
  ] as const)('%s leaves only after the database holds what it says', async (_name, verb, commands) => {
    const door = gate();
    const bench = new Bench({
      hook: (at, moment) => (at === verb && moment === 'before' ? door.passed : undefined),
    });

    const held = bench.send(...commands);
    await settled();
    expect(bench.replies).toEqual([]);

    door.open();
    expect(await held).toHaveLength(1);
  });

  it.each([
    ['commitPrepared', [prepare('charge')], commit()],
    ['rollbackPrepared', [prepare('charge')], abort()],
    ['commit', [prepare('reserve')], commit()],
    ['commit', [action('ship')], compensate('ship')],
  ] as const)('to a second phase waits for %s', async (verb, before, command) => {
    const door = gate();
    let shut = false;
    const bench = new Bench({
      hook: (at, moment) => (shut && at === verb && moment === 'before' ? door.passed : undefined),
    });
    await bench.send(...before);
    shut = true;

    const held = bench.send(command);
    await settled();
    expect(bench.replies).toHaveLength(1);

    door.open();
    expect(await held).toHaveLength(1);
  });

  it('to an xa ABORT waits for the tombstone, not only for ROLLBACK PREPARED', async () => {
    const door = gate();
    const bench = new Bench({ at: (point) => (point === 'P8' ? door.passed : undefined) });
    await bench.send(prepare('charge'));

    const held = bench.send(abort());
    await settled();
    expect([await bench.gids(), bench.replies.length]).toEqual([[], 1]);

    door.open();
    expect(await held).toMatchObject([{ state: 'ABORTED' }]);
    expect(await bench.row()).toMatchObject({ state: 'ABORTED' });
  });
});

describe('an answer of the database that was lost', () => {
  it.each([
    ['prepare', prepare('charge'), 'charged'],
    ['commit', prepare('reserve'), 'tried'],
  ] as const)(
    'to %s is no NO: the participant looks again and repeats the vote',
    async (verb, command, effect) => {
      let lost = 0;
      const bench = new Bench({
        hook: (at: StoreVerb, moment) => {
          if (at === verb && moment === 'after' && lost++ === 0) throw lostAnswer();
        },
      });

      const votes = await bench.send(command);
      await bench.send(commit());

      expect(votes).toMatchObject([{ vote: 'YES' }]);
      expect(bench.count(effect)).toBe(1);
    },
  );

  it('to COMMIT PREPARED is found by the row', async () => {
    let lost = 0;
    const bench = new Bench({
      hook: (at, moment) => {
        if (at === 'commitPrepared' && moment === 'after' && lost++ === 0) throw lostAnswer();
      },
    });
    await bench.send(prepare('charge'));

    expect(await bench.send(commit())).toMatchObject([{ type: 'ACK', state: 'COMMITTED' }]);
  });

  it('to the commit of an action is found by the guard row: it runs once', async () => {
    let lost = 0;
    const bench = new Bench({
      hook: (at, moment) => {
        if (at === 'commit' && moment === 'after' && lost++ === 0) throw lostAnswer();
      },
    });

    expect(await bench.send(action('ship'))).toMatchObject([{ result: 'DONE' }]);
    expect(bench.count('acted')).toBe(1);
  });
});

describe('a database that is down', () => {
  it('is never a vote, an acknowledgement or a result: the commands come again', async () => {
    const clock = new ManualClock();
    const server = new MemoryServer({ clock });
    const bench = new Bench({ clock, server });
    await bench.send(prepare('charge'), prepare('reserve', { gtx: gtxOf(2) }));
    bench.replies.length = 0;
    server.crash();
    const commands = [
      prepare('charge', { gtx: gtxOf(3) }),
      prepare('reserve', { gtx: gtxOf(4) }),
      commit(),
      abort({ gtx: gtxOf(2) }),
      action('ship', { gtx: gtxOf(5) }),
      compensate('ship', { gtx: gtxOf(6) }),
    ];

    const outcomes = await Promise.allSettled(commands.map((command) => bench.take(command)));
    expect(outcomes.map(({ status }) => status)).toEqual(commands.map(() => 'rejected'));
    expect(bench.replies).toEqual([]);

    server.start();
    expect(await bench.send(...commands)).toHaveLength(commands.length);
    expect([bench.count('charged'), bench.count('cancelled', { gtx: gtxOf(2) })]).toEqual([1, 1]);
  });

  it('in the middle of the work leaves nothing behind', async () => {
    const clock = new ManualClock();
    const server = new MemoryServer({ clock });
    const bench = new Bench({ clock, server, at: (point) => (point === 'P2' ? server.crash() : undefined) });

    await expect(bench.send(prepare('reserve'))).rejects.toThrow();
    await expect(bench.send(prepare('charge', { gtx: gtxOf(2) }))).rejects.toThrow();

    server.start();
    expect([await bench.row(), await bench.gids()]).toEqual([null, []]);
  });
});

describe('one slow handler', () => {
  it('holds up no other branch: their replies leave as they become durable', async () => {
    const door = gate();
    let first = true;
    const bench = new Bench({
      at: (point) => {
        if (point !== 'P1' || !first) return undefined;
        first = false;
        return door.passed;
      },
    });

    const slow = bench.take(prepare('charge'));
    await bench.send(prepare('charge', { gtx: gtxOf(2) }), prepare('reserve', { gtx: gtxOf(3) }));
    expect(bench.replies.map((reply) => 'gtx' in reply && reply.gtx).sort()).toEqual([gtxOf(2), gtxOf(3)]);

    door.open();
    await slow;
    expect(bench.replies).toHaveLength(3);
  });
});
