import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RecordingLog } from '#observability';
import type { Cluster } from 'kafkajs';
import { Gate } from '../conformance/world.js';
import { DeliveryLoop } from '../delivery-loop.js';
import type { BatchHandler, SubscribeOptions } from '../port.js';
import { ConsumerSession, type SessionParts } from './consumer-session.js';
import { FakeConsumer, REBALANCE } from './fake-consumer.fixture.js';
import { Gather } from './gather.js';
import type { KafkaAdmin, PartitionProgress } from './kafka-admin.js';
import { OffsetLedger } from './offset-ledger.js';
import { TIMING } from './options.js';

const STALL_MS = 15_000;

function sessionOf(
  handler: BatchHandler,
  from: SubscribeOptions['from'] = 'earliest',
  others: Partial<SessionParts> = {},
) {
  const [consumer, log, ledger] = [new FakeConsumer(), new RecordingLog(), new OffsetLedger()];
  const progress: PartitionProgress[] = [];
  const admin = { partitionCount: async () => 2, progress: async () => progress } as unknown as KafkaAdmin;
  const gather = new Gather(1_000, (upTo) => ledger.record(upTo));
  const loop = new DeliveryLoop({
    source: gather,
    handler,
    maxBatchRecords: 100,
    onRejected: () => undefined,
  });
  const options = { topics: ['t'], group: 'g', from, handler };
  const session = new ConsumerSession({
    consumer: consumer.asConsumer(),
    cluster: {} as Cluster,
    ghost: undefined,
    admin,
    options,
    loop,
    gather,
    ledger,
    log,
    stallMs: STALL_MS,
    ...others,
  });
  return { session, consumer, progress, loop };
}

/** Lets everything run that waits for no timer. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
}

async function pass(ms: number): Promise<void> {
  await jest.advanceTimersByTimeAsync(ms);
  await settle();
}

describe('consumer session', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'queueMicrotask', 'nextTick'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('S1: ends a call of kafkajs only when its records are recorded', async () => {
    const gate = new Gate();
    const { session, consumer } = sessionOf(() => gate.opened);
    await session.start();
    consumer.join({ t: [0, 1] });

    let ended = false;
    const call = consumer.batch(0, [5, 6]).then(() => (ended = true));
    await settle();
    expect([ended, consumer.resolved]).toEqual([false, []]);

    gate.open();
    await call;
    expect(consumer.resolved).toEqual(['0:6']);
    await session.dispose();
  });

  it('commits what is recorded from a timer, not by batch', async () => {
    const { session, consumer } = sessionOf(async () => undefined);
    await session.start();
    consumer.join({ t: [0, 1] });
    for (const offset of [0, 1, 2]) await consumer.batch(0, [offset]);
    await consumer.batch(1, [7]);
    expect(consumer.committed).toEqual([]);

    await pass(1_000);

    expect(consumer.committed).toEqual(['0:3', '1:8']);
    await session.dispose();
  });

  it('commits again what a failed commit did not bring', async () => {
    const { session, consumer } = sessionOf(async () => undefined);
    await session.start();
    consumer.join({ t: [0] });
    await consumer.batch(0, [0]);
    consumer.commit = () => Promise.reject(new Error('no coordinator'));
    await pass(1_000);
    expect(consumer.committed).toEqual([]);

    consumer.commit = () => Promise.resolve();
    await pass(1_000);

    expect(consumer.committed).toEqual(['0:1']);
    await session.dispose();
  });

  it('S1, S2: before a rejoin the call under way ends and is committed; what waits goes back', async () => {
    const gate = new Gate();
    let calls = 0;
    const { session, consumer } = sessionOf(() => {
      calls += 1;
      return gate.opened;
    });
    await session.start();
    consumer.join({ t: [0, 1] });
    const outcomes = Promise.allSettled([
      consumer.batch(0, [0]),
      settle().then(() => consumer.batch(1, [0])),
    ]);
    await settle();
    await settle();

    consumer.heartbeat = () => Promise.reject(REBALANCE);
    await pass(1_000);
    expect(session.assigned('t')).toEqual([]);
    gate.open();

    const [underWay, waiting] = await outcomes;
    expect(underWay.status).toBe('fulfilled');
    expect(waiting).toMatchObject({ status: 'rejected', reason: REBALANCE });
    expect([calls, consumer.committed]).toEqual([1, ['0:1']]);
    await expect(consumer.batch(0, [1])).rejects.toBe(REBALANCE);

    consumer.join({ t: [1] });
    await consumer.batch(1, [0]);
    expect([calls, session.assigned('t')]).toEqual([2, [1]]);
    await session.dispose();
  });

  it('goes on with its work when a heartbeat fails for another reason', async () => {
    const gate = new Gate();
    const { session, consumer } = sessionOf(() => gate.opened);
    await session.start();
    consumer.join({ t: [0] });
    const call = consumer.batch(0, [0]);
    consumer.heartbeat = () => Promise.reject(new Error('connection closed'));
    await pass(1_000);

    gate.open();
    await call;
    expect(consumer.resolved).toEqual(['0:0']);
    expect(session.assigned('t')).toEqual([0]);
    await session.dispose();
  });

  it('S3: a group from latest has its beginning committed before it gets a record', async () => {
    const batches: number[] = [];
    const { session, consumer, progress } = sessionOf(
      async (batch) => void batches.push(batch.length),
      'latest',
    );
    progress.push(
      { partition: 0, low: 0, high: 40, committed: undefined },
      { partition: 1, low: 0, high: 9, committed: 3 },
    );
    const held = new Gate();
    consumer.commit = () => held.opened;
    await session.start();
    consumer.join({ t: [0, 1] });
    const call = consumer.batch(0, [40]);
    await settle();
    expect([batches, session.assigned('t')]).toEqual([[], []]);

    held.open();
    await call;

    expect(consumer.committed).toEqual(['0:40']);
    expect(consumer.sought).toEqual(['0:40']);
    expect([batches, session.assigned('t')]).toEqual([[1], [0, 1]]);
    await session.dispose();
  });

  it('ends when kafkajs crashes', async () => {
    const { session, consumer } = sessionOf(async () => undefined);
    await session.start();
    const crash = new Error('not retriable');

    consumer.crash(crash);

    expect(await session.ended).toBe(crash);
    await session.dispose();
    expect(session.joined).toBe(false);
  });

  it('ends when nothing comes for a while although records are unread, and not when all are read', async () => {
    const { session, consumer, progress } = sessionOf(async () => undefined);
    await session.start();
    consumer.join({ t: [0] });
    let reason: unknown;
    void session.ended.then((error) => (reason = error));
    progress.push({ partition: 0, low: 0, high: 5, committed: 5 });
    await pass(4 * STALL_MS);
    expect(reason).toBeUndefined();

    progress[0] = { partition: 0, low: 0, high: 6, committed: 5 };
    await pass(2 * STALL_MS);

    expect(reason).toMatchObject({ message: 'no batch although records are unread' });
    await session.dispose();
  });

  describe('S4: kafkajs goes on with its old assignment after a join that failed', () => {
    it('what it then brings sends it back to joining, and reaches no handler', async () => {
      let calls = 0;
      const { session, consumer } = sessionOf(async () => void (calls += 1));
      await session.start();
      consumer.join({ t: [0] });
      consumer.rebalancing();

      await expect(consumer.batch(0, [0])).rejects.toMatchObject({ type: 'REBALANCE_IN_PROGRESS' });
      expect([calls, session.assigned('t')]).toEqual([0, []]);

      consumer.join({ t: [0] });
      await consumer.batch(0, [0]);
      expect([calls, session.assigned('t')]).toEqual([1, [0]]);
      await session.dispose();
    });

    it('and when it brings nothing the session ends', async () => {
      const { session, consumer } = sessionOf(async () => undefined);
      await session.start();
      consumer.join({ t: [0] });
      let reason: unknown;
      void session.ended.then((error) => (reason = error));
      consumer.rebalancing();
      await pass(STALL_MS / 2);
      expect(reason).toBeUndefined();

      await pass(STALL_MS);

      expect(String(reason)).toMatch(/no rejoin in/);
      await session.dispose();
    });

    it('a commit that the group refuses tells it, too', async () => {
      const { session, consumer } = sessionOf(async () => undefined);
      await session.start();
      consumer.join({ t: [0] });
      await consumer.batch(0, [0]);
      const refusal = Object.assign(new Error('not the coordinator'), { type: 'NOT_COORDINATOR_FOR_GROUP' });
      consumer.commit = () =>
        Promise.reject(Object.assign(new Error('retries exceeded'), { cause: refusal }));
      await pass(1_000);

      await expect(consumer.batch(0, [1])).rejects.toMatchObject({ type: 'REBALANCE_IN_PROGRESS' });
      await session.dispose();
    });
  });

  describe('S5: a way into the group that has no end', () => {
    it('ends the session when the group is not joined', async () => {
      const { session } = sessionOf(async () => undefined);
      await session.start();
      let reason: unknown;
      void session.ended.then((error) => (reason = error));
      await pass(TIMING.joinMs - 1);
      expect(reason).toBeUndefined();

      await pass(1);

      expect(String(reason)).toMatch(/not in the group after/);
      await session.dispose();
    });

    it('also before anything was asked of the group; who is in it by then under the same name stays', async () => {
      const asked: string[] = [];
      const cluster = { findGroupCoordinator: async () => void asked.push('the coordinator') };
      const { session, consumer } = sessionOf(async () => undefined, 'earliest', {
        cluster: cluster as unknown as Cluster,
        uniqueClientId: 'me',
      });
      const connected = new Gate();
      consumer.connect = async () => void (await connected.opened);
      const started = session.start();
      await pass(TIMING.joinMs);
      await started;
      await session.dispose();

      connected.open();
      await settle();

      expect([asked, consumer.disconnects, session.joined]).toEqual([[], 2, false]);
    });

    it('counts the join from when it begins', async () => {
      const { session, consumer } = sessionOf(async () => undefined);
      const connected = new Gate();
      consumer.connect = async () => void (await connected.opened);
      let reason: unknown;
      void session.ended.then((error) => (reason = error));
      const started = session.start();
      await pass(TIMING.joinMs - 1);
      connected.open();
      await started;
      await pass(TIMING.joinMs - 1);
      consumer.join({ t: [0] });
      await pass(TIMING.joinMs);

      expect([session.joined, reason]).toEqual([true, undefined]);
      await session.dispose();
    });

    it('a first join under way is left to end, and the group is left then: before, kafkajs would only join', async () => {
      const { session, consumer } = sessionOf(async () => undefined);
      const joined = new Gate();
      consumer.run = async () => void (await joined.opened);
      await session.start();
      await session.dispose();
      consumer.join({ t: [0] });
      await settle();
      const meanwhile = consumer.disconnects;

      joined.open();
      await settle();

      expect([meanwhile, consumer.disconnects, session.joined]).toEqual([0, 1, false]);
    });
  });

  it('a join that completes after the end leaves the group again, and brings nothing to the handler', async () => {
    let calls = 0;
    const { session, consumer } = sessionOf(async () => void (calls += 1));
    await session.start();
    await session.dispose();

    consumer.join({ t: [0] });
    await consumer.batch(0, [0]);

    expect([consumer.disconnects, calls, session.assigned('t')]).toEqual([2, 0, []]);
  });
});
