import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RecordingLog } from '#observability';
import type { Producer, ProducerBatch } from 'kafkajs';
import { words } from '../conformance/world.js';
import { BusError, type OutgoingRecord } from '../port.js';
import { Sender } from './sender.js';

const fault = (type: string): Error => Object.assign(new Error(type), { type });
const noAnswer = Object.assign(new Error('timed out'), { name: 'KafkaJSRequestTimeoutError' });

const record = (value: string, topic = 't'): OutgoingRecord => ({
  topic,
  key: value.slice(0, 10),
  value: Buffer.from(value),
  headers: {},
});

/** A producer whose answers the test writes; remembers the values of each request. */
class Answers {
  readonly requests: string[][] = [];
  connects = 0;
  closed = 0;

  constructor(
    private readonly answer: (values: string[], request: number) => Error | undefined = () => undefined,
  ) {}

  readonly connect = async (): Promise<Producer> => {
    this.connects += 1;
    const sendBatch = async ({ topicMessages = [] }: ProducerBatch) => {
      const values = topicMessages.flatMap(({ messages }) => messages.map(({ value }) => String(value)));
      this.requests.push(values);
      const error = this.answer(values, this.requests.length);
      if (error) throw error;
      return [];
    };
    return { sendBatch, disconnect: async () => void (this.closed += 1) } as unknown as Producer;
  };
}

const senderOf = (answers: Answers) => new Sender(answers.connect, new RecordingLog());

/** The outcome of `work` while the clock runs as far as it has to. */
async function outcome(work: Promise<void>): Promise<unknown> {
  const settled = work.then(
    () => 'sent',
    (error: unknown) => error,
  );
  await jest.advanceTimersByTimeAsync(60_000);
  return settled;
}

describe('sender', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('sends the whole request again after an answer that may pass', async () => {
    const answers = new Answers((_, request) =>
      request < 3 ? fault('NOT_LEADER_FOR_PARTITION') : undefined,
    );

    expect(await outcome(senderOf(answers).send(words(2).map((word) => record(word))))).toBe('sent');

    expect(answers.requests).toEqual([words(2), words(2), words(2)]);
  });

  it('gives up in bounded time as UNAVAILABLE', async () => {
    const answers = new Answers(() => fault('NOT_ENOUGH_REPLICAS'));

    expect(await outcome(senderOf(answers).send([record('a')]))).toMatchObject({
      code: 'UNAVAILABLE',
      retriable: true,
    });
  });

  it('takes a new connection when a request never ends', async () => {
    const answers = new Answers();
    const connect = async (): Promise<Producer> => {
      const producer = await answers.connect();
      if (answers.connects === 1) producer.sendBatch = () => new Promise(() => undefined);
      return producer;
    };
    const sender = new Sender(connect, new RecordingLog());

    expect(await outcome(sender.send([record('a')]))).toMatchObject({ code: 'UNAVAILABLE', retriable: true });
    expect(await outcome(sender.send([record('b')]))).toBe('sent');

    expect([answers.connects, answers.closed, answers.requests]).toEqual([2, 1, [['b']]]);
  });

  it('keeps the connection when records are refused before they are sent', async () => {
    const refusal = new BusError('REFUSED', 'no such partition', false);
    const answers = new Answers((_, request) => (request === 1 ? refusal : undefined));
    const sender = senderOf(answers);

    expect(await outcome(sender.send([record('a')]))).toMatchObject({ code: 'REFUSED' });
    expect(await outcome(sender.send([record('b')]))).toBe('sent');

    expect([answers.connects, answers.closed]).toEqual([1, 0]);
  });

  it('a connection that comes up when it is given up sends nothing, and one that fails then harms no other', async () => {
    const answers = new Answers();
    const ends: ((fails: boolean) => void)[] = [];
    const connect = async (): Promise<Producer> => {
      const producer = await answers.connect();
      if (answers.connects > 2) return producer;
      const fails = await new Promise<boolean>((resolve) => ends.push(resolve));
      if (fails) throw fault('CONNECTION');
      return producer;
    };
    const sender = new Sender(connect, new RecordingLog());
    for (const value of ['a', 'b'])
      expect(await outcome(sender.send([record(value)]))).toMatchObject({ code: 'UNAVAILABLE' });
    expect(await outcome(sender.send([record('c')]))).toBe('sent');

    ends[0]?.(false);
    ends[1]?.(true);
    expect(await outcome(sender.send([record('d')]))).toBe('sent');

    expect([answers.connects, answers.closed, answers.requests]).toEqual([3, 1, [['c'], ['d']]]);
  });

  it('halves a batch that is too large, in order, until the record at fault is alone', async () => {
    const answers = new Answers((values) =>
      values.includes('big') ? fault('MESSAGE_TOO_LARGE') : undefined,
    );
    const records = ['a', 'b', 'c', 'big'].map((value) => record(value));

    expect(await outcome(senderOf(answers).send(records))).toMatchObject({
      code: 'TOO_LARGE',
      retriable: false,
    });

    expect(answers.requests).toEqual([['a', 'b', 'c', 'big'], ['a', 'b'], ['c', 'big'], ['c'], ['big']]);
  });

  it('splits what exceeds a request, and sends a large record alone', async () => {
    const answers = new Answers();
    const [large, medium] = ['L'.repeat(900_000), 'M'.repeat(300_000)];

    await outcome(senderOf(answers).send([large, medium, 'small', medium].map((value) => record(value))));

    expect(answers.requests.map((values) => values.map((value) => value[0]))).toEqual([
      ['L'],
      ['M', 's'],
      ['M'],
    ]);
  });

  it('does not repeat what stays refused', async () => {
    const answers = new Answers(() => fault('TOPIC_AUTHORIZATION_FAILED'));

    expect(await outcome(senderOf(answers).send([record('a')]))).toMatchObject({
      code: 'REFUSED',
      retriable: false,
    });

    expect(answers.requests).toHaveLength(1);
  });

  it('takes a new connection when one gave no answer, and closes the old one', async () => {
    const answers = new Answers((_, request) => (request === 1 ? noAnswer : undefined));

    expect(await outcome(senderOf(answers).send([record('a')]))).toBe('sent');

    expect([answers.connects, answers.closed]).toEqual([2, 1]);
  });

  it('keeps the records of each topic together and in order', async () => {
    const answers = new Answers();

    await outcome(senderOf(answers).send([record('a1', 'a'), record('b1', 'b'), record('a2', 'a')]));

    expect(answers.requests).toEqual([['a1', 'a2', 'b1']]);
  });

  it('makes no further attempt once it is closed', async () => {
    const answers = new Answers(() => fault('NOT_ENOUGH_REPLICAS'));
    const sender = senderOf(answers);
    const sending = outcome(sender.send([record('a')]));

    await sender.close();

    expect(await sending).toMatchObject({ code: 'UNAVAILABLE' });
    expect(answers.requests.length).toBeLessThanOrEqual(2);
  });
});
