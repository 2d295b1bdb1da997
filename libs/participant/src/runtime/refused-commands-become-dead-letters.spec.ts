import { beforeEach, describe, expect, it } from '@jest/globals';
import { BusError } from '#messaging';
import type { IncomingRecord } from '#messaging';
import { decodeDeadLetter, packCommands } from '#wire';
import { Bench, gtxOf, prepare } from '../fixtures/participant.fixture.js';
import { incoming, RecordingBus } from '../fixtures/recording-bus.fixture.js';
import { Intake } from './intake.js';
import { ReplyPartitions } from './reply-partitions.js';

let bus: RecordingBus;
let bench: Bench;
let intake: Intake;

beforeEach(async () => {
  bus = new RecordingBus();
  bench = new Bench();
  const { engine, clock, metrics } = bench;
  const replyPartitions = new ReplyPartitions(bus, 'concordat.replies', clock);
  await replyPartitions.refresh();
  const names = { participant: 'shop', instance: 'test', deadLettersTopic: 'concordat.dead-letters' };
  intake = new Intake({ ...names, bus, engine, replyPartitions, clock, metrics });
});

const deadLetters = () =>
  bus.on('concordat.dead-letters').map((record) => {
    const decoded = decodeDeadLetter(record);
    if (!decoded.ok) throw new Error(decoded.detail);
    return decoded.message;
  });

const good = () => incoming(prepare('reserve'));
const withHeaders = (headers: Record<string, string>): IncomingRecord => {
  const record = good();
  return { ...record, headers: { ...record.headers, ...headers } };
};

describe('a record that is no command for this participant', () => {
  it.each([
    ['bad JSON', () => ({ ...good(), value: Buffer.from('{') }), 'BAD_JSON'],
    ['no value', () => ({ ...good(), value: null }), 'BAD_JSON'],
    ['unknown type', () => withHeaders({ type: 'DANCE' }), 'UNKNOWN_TYPE'],
    ['unknown version', () => withHeaders({ v: '99' }), 'UNKNOWN_VERSION'],
    ['oversize', () => ({ ...good(), value: Buffer.alloc(2_000_000, ' ') }), 'OVERSIZE'],
    ['missing field', () => ({ ...good(), value: Buffer.from('{}') }), 'INVALID'],
    ['wrong participant', () => withHeaders({ participant: 'bank' }), 'WRONG_PARTICIPANT'],
    ['no such reply partition', () => incoming(prepare('reserve', { replyPartition: 4 })), 'REPLY_PARTITION'],
  ] as const)('becomes one dead letter with its reason: %s', async (_name, record, reason) => {
    const refused = record();

    await intake.accept([refused]).all();

    expect(deadLetters()).toMatchObject([
      { reason, offset: refused.offset, topic: refused.topic, app: 'shop', instance: 'test' },
    ]);
    expect(bench.metrics.value('concordat_dead_letters_total', { reason })).toBe(1);
    expect(bench.replies).toEqual([]);
  });

  it('holds up none of its neighbours', async () => {
    await intake.accept([withHeaders({ v: '2' }), good(), withHeaders({ type: '' })]).all();

    expect(deadLetters()).toHaveLength(2);
    expect(bench.replies).toMatchObject([{ vote: 'YES' }]);
  });

  it('is buried once, also when its batch comes again', async () => {
    const batch = [withHeaders({ v: '2' })];

    await intake.accept(batch).all();
    await intake.accept(batch).all();

    expect(deadLetters()).toHaveLength(1);
  });

  it('comes again when the broker does not take its dead letter', async () => {
    const batch = [withHeaders({ v: '2' })];
    bus.beforePublish = () => {
      throw new BusError('UNAVAILABLE', 'no broker', true);
    };

    await expect(intake.accept(batch).all()).rejects.toThrow('no broker');
    bus.beforePublish = () => undefined;
    await intake.accept(batch).all();

    expect(deadLetters()).toHaveLength(1);
  });
});

describe('a pack', () => {
  const packed = () => {
    const letters = [1, 2, 3, 4].map((n) => {
      const replyPartition = n < 3 ? 0 : 1_000;
      return { message: prepare('reserve', { gtx: gtxOf(n), replyPartition }), traceparent: null };
    });
    const [record] = packCommands(letters, () => undefined);
    return { ...good(), ...record! };
  };

  it('of which some messages are refused becomes one dead letter; the others take effect, each with its own answer', async () => {
    await intake.accept([packed()]).all();

    expect(deadLetters()).toMatchObject([{ reason: 'REPLY_PARTITION', truncated: false }]);
    expect(bench.replies).toMatchObject([
      { vote: 'YES', gtx: gtxOf(1) },
      { vote: 'YES', gtx: gtxOf(2) },
    ]);
  });

  it('is open until the database holds all of it', async () => {
    const accepted = intake.accept([packed()]);

    expect(accepted.stillOpen()).toHaveLength(1);
    await accepted.all();
    expect(accepted.stillOpen()).toEqual([]);
  });
});

describe('a reply partition', () => {
  it('that the topic got since it was last asked is taken', async () => {
    bus.partitionCount = 8;
    await bench.clock.advance(1_000);

    await intake.accept([incoming(prepare('reserve', { replyPartition: 7 }))]).all();

    expect(deadLetters()).toEqual([]);
    expect(bench.replies).toHaveLength(1);
  });

  it('that does not exist makes nobody ask the broker again and again', async () => {
    const hostile = [1, 2, 3].map((n) =>
      incoming(prepare('reserve', { gtx: gtxOf(n), replyPartition: 1_000 })),
    );
    await bench.clock.advance(1_000);

    await intake.accept(hostile).all();
    await intake.accept(hostile).all();

    expect(bus.asked).toBe(2);
    expect(deadLetters()).toHaveLength(3);
  });
});

describe('a batch', () => {
  it('names what may be slow: xa branches and single handlers, not what is decided in one statement', async () => {
    const accepted = intake.accept([
      incoming(prepare('charge', { gtx: gtxOf(1) })),
      incoming(prepare('unknown', { gtx: gtxOf(2) })),
      withHeaders({ v: '2' }),
    ]);

    expect(accepted.records.map(({ slow }) => slow)).toEqual([true, false, false]);
    await accepted.all();
    expect(accepted.stillOpen()).toEqual([]);
  });
});
