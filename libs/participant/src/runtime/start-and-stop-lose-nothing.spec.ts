import { describe, expect, it } from '@jest/globals';
import { BusError } from '#messaging';
import { RecordingLog, systemRandom } from '#observability';
import { MemoryBranchStore, MemoryServer } from '#persistence';
import {
  commit,
  gate,
  gtxOf,
  prepare,
  readCount,
  sagaOperation,
  tccOperation,
  xaOperation,
} from '../fixtures/participant.fixture.js';
import { ManualClock, settled } from '../fixtures/manual-clock.fixture.js';
import { incoming, RecordingBus } from '../fixtures/recording-bus.fixture.js';
import { createParticipant } from './create-participant.js';
import type { ParticipantOptions } from './options.js';

function world(maxPreparedTransactions = 64) {
  const clock = new ManualClock();
  const server = new MemoryServer({ clock, maxPreparedTransactions });
  const bus = new RecordingBus();
  const participant = (more: Partial<ParticipantOptions> = {}) =>
    createParticipant({
      ...{
        name: 'shop',
        operations: [xaOperation, tccOperation, sagaOperation],
        bus,
        instance: 'one',
        clock,
        random: systemRandom,
      },
      store: new MemoryBranchStore({ server, database: 'shop', participant: 'shop', lockTimeoutMs: 0 }),
      ...more,
    });
  return { clock, server, bus, participant };
}

const helloIn = (bus: RecordingBus) =>
  bus.replies.flatMap((reply) => (reply.type === 'HELLO' ? [reply] : []));

describe('a start', () => {
  it('announces operations and styles, with a boot id that is new at each start, again and again', async () => {
    const { clock, bus, participant } = world();
    const [first, second] = [participant(), participant({ instance: 'two' })];

    await first.start();
    await second.start();
    await clock.advance(9_500);

    const hellos = helloIn(bus);
    expect(hellos[0]).toMatchObject({
      participant: 'shop',
      operations: [
        { name: 'charge', styles: ['xa', 'saga'], compensates: true },
        { name: 'reserve', styles: ['tcc', 'saga'], compensates: true },
        { name: 'ship', styles: ['saga'], compensates: true },
      ],
      wireVersions: [1, 2],
      instance: 'one',
    });
    expect(hellos.filter(({ instance }) => instance === 'one')).toHaveLength(4);
    expect(new Set(hellos.map(({ bootId }) => bootId)).size).toBe(2);
    await Promise.all([first.stop(), second.stop()]);
  });

  it('sends the votes of what it finds prepared: the process that died may not have sent them', async () => {
    const { bus, participant } = world();
    const dead = participant();
    await dead.start();
    await dead
      .accept([
        incoming(prepare('charge', { gtx: gtxOf(1) })),
        incoming(prepare('reserve', { gtx: gtxOf(2) })),
      ])
      .all();
    await dead.stop();
    bus.published.length = 0;

    const heir = participant();
    await heir.start();
    await settled();

    expect(bus.replies.filter(({ type }) => type === 'VOTE')).toMatchObject([
      { gtx: gtxOf(1), vote: 'YES' },
      { gtx: gtxOf(2), vote: 'YES' },
    ]);
    await heir.stop();
  });

  it('over a server without prepared transactions fails and names setting, value and remedy', async () => {
    const { bus, participant } = world(0);

    const failure = participant().start();

    await expect(failure).rejects.toMatchObject({
      code: 'CONCORDAT_PREPARED_TRANSACTIONS_DISABLED',
      retriable: false,
      message: expect.stringMatching(/max_prepared_transactions = 0.*Set max_prepared_transactions/s),
    });
    expect(bus.subscriptions).toEqual([]);
  });

  it('over such a server is fine for who prepares nothing there', async () => {
    const { participant } = world(0);
    const tccOnly = participant({ operations: [tccOperation] });

    await tccOnly.start();

    expect(await tccOnly.health()).toMatchObject({ ok: true });
    await tccOnly.stop();
  });

  it.each(['database', 'broker'] as const)(
    'without its %s is not ready, says why, and goes on by itself',
    async (missing) => {
      const { clock, server, bus, participant } = world();
      const away = () => {
        throw new BusError('UNAVAILABLE', 'no broker', true);
      };
      if (missing === 'database') server.crash();
      else bus.reachable = away;
      const one = participant();

      await one.start();
      expect(await one.health()).toMatchObject({ ok: false, detail: expect.stringContaining('starting') });

      server.start();
      bus.reachable = () => undefined;
      await clock.advance(5_000);
      expect(await one.health()).toMatchObject({ ok: true });
      expect(bus.subscriptions).toHaveLength(1);
      await one.stop();
    },
  );

  it('creates its topics where that is asked for', async () => {
    const { bus, participant } = world();
    const one = participant({ createTopics: { partitions: 3, replication: 1 } });

    await one.start();

    expect(bus.ensured).toContain('concordat.commands.shop');
    await one.stop();
  });

  it('lists every fault of its operations at once', () => {
    const { participant } = world();
    const both = { ...xaOperation, ...tccOperation, name: 'b' };

    expect(() => participant({ operations: [both, { name: 'c d' }, both] })).toThrow(
      /"b" is both xa and tcc.*"c d": a name is.*"c d" has no handler.*"b" is defined twice/s,
    );
  });
});

describe('a stop', () => {
  it('finishes what is under way and sends its replies', async () => {
    const { server, bus, participant } = world();
    const door = gate();
    const faults = { armed: null, reach: (point: string) => (point === 'P2' ? door.passed : undefined) };
    const one = participant({ faults });
    await one.start();
    const accepted = one.accept([incoming(prepare('charge'))]);
    await settled();

    const stopped = one.stop();
    await settled();
    expect(one.openCommands).toBe(1);
    door.open();
    await Promise.all([stopped, accepted.all()]);

    expect(bus.replies.filter(({ type }) => type === 'VOTE')).toHaveLength(1);
    expect(bus.subscriptions[0]?.stopped).toBe(true);
    expect(server.preparedIn(server.database('shop'))).toHaveLength(1);
  });

  it('does not hang on a broker that is gone', async () => {
    const { clock, bus, participant } = world();
    const one = participant();
    await one.start();
    bus.beforePublish = () => {
      throw new BusError('UNAVAILABLE', 'no broker', true);
    };
    await one.accept([incoming(prepare('charge'))]).all();

    const stopped = one.stop();
    await clock.advance(10_000);
    await stopped;

    expect(await one.health()).toMatchObject({ ok: false });
  });
});

describe('the line of commands', () => {
  it('goes on past a slow handler, whose record stays open until it is recorded', async () => {
    const { server, bus, participant } = world();
    const door = gate();
    let first = true;
    const reach = (point: string) => {
      if (point !== 'P1' || !first) return undefined;
      first = false;
      return door.passed;
    };
    const log = new RecordingLog();
    const one = participant({ faults: { armed: null, reach }, log });
    await one.start();
    const { handler } = bus.subscriptions[0]!;

    const slow = incoming(prepare('charge', { gtx: gtxOf(1) }));
    const open = (await handler([slow])) ?? [];
    const later = (await handler([incoming(prepare('charge', { gtx: gtxOf(2) }))])) ?? [];
    await Promise.all(later.map(({ closed }) => closed));
    await handler([incoming(commit({ gtx: gtxOf(2) }))]).then((left) =>
      Promise.all((left ?? []).map(({ closed }) => closed)),
    );

    expect(open.map(({ record }) => record)).toEqual([slow]);
    expect(readCount(server, 'charged', { gtx: gtxOf(2) })).toBe(1);
    door.open();
    await Promise.all(open.map(({ closed }) => closed));
    await one.stop();
  });
});
