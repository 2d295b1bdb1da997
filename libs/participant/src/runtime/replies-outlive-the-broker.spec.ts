import { beforeEach, describe, expect, it } from '@jest/globals';
import { BusError } from '#messaging';
import { RecordingFaultPoints, RecordingLog, systemRandom } from '#observability';
import { gate, gtxOf } from '../fixtures/participant.fixture.js';
import { ManualClock, settled } from '../fixtures/manual-clock.fixture.js';
import { RecordingBus } from '../fixtures/recording-bus.fixture.js';
import type { OutgoingReply } from '../desk/work.js';
import { Publisher } from './publisher.js';

let bus: RecordingBus;
let clock: ManualClock;
let log: RecordingLog;
let faults: RecordingFaultPoints;
let publisher: Publisher;
const sizes: number[] = [];

beforeEach(() => {
  [bus, clock, log, faults] = [
    new RecordingBus(),
    new ManualClock(),
    new RecordingLog(),
    new RecordingFaultPoints(),
  ];
  sizes.length = 0;
  bus.beforePublish = (records) => void sizes.push(records.length);
  publisher = new Publisher({
    bus,
    repliesTopic: 'concordat.replies',
    clock,
    random: systemRandom,
    log,
    faults,
  });
});

const ackOf = (n: number, partition: number | null = null): OutgoingReply => ({
  message: {
    type: 'ACK',
    participant: 'shop',
    gtx: gtxOf(n),
    attempt: 1,
    branch: 'b1',
    state: 'COMMITTED',
    output: null,
  },
  partition,
  traceparent: null,
});

describe('replies', () => {
  it('of one tick leave in one publish; those of the next gather while it is under way', async () => {
    const door = gate();
    bus.beforePublish = (records) => (sizes.push(records.length), door.passed);

    publisher.send([ackOf(1)]);
    publisher.send([ackOf(2), ackOf(3)]);
    await settled();
    publisher.send([ackOf(4)]);
    publisher.send([ackOf(5)]);
    door.open();
    await publisher.drained();

    expect(sizes).toEqual([3, 2]);
    expect(bus.replies.map((reply) => 'gtx' in reply && reply.gtx)).toEqual([1, 2, 3, 4, 5].map(gtxOf));
  });

  it('go to the partition that the command named, or where their key leads', async () => {
    publisher.send([ackOf(1, 3), ackOf(2)]);
    await publisher.drained();

    expect(bus.published.map(({ partition, key }) => [partition, key])).toEqual([
      [3, gtxOf(1)],
      [undefined, gtxOf(2)],
    ]);
  });

  it('are sent again, in their order, until the broker takes them', async () => {
    let failures = 3;
    bus.beforePublish = () => {
      if (failures-- > 0) throw new BusError('UNAVAILABLE', 'no broker', true);
    };

    publisher.send([ackOf(1)]);
    await settled();
    publisher.send([ackOf(2)]);
    await clock.advance(60_000);

    expect(bus.replies.map((reply) => 'gtx' in reply && reply.gtx)).toEqual([gtxOf(1), gtxOf(2)]);
  });

  it('that no broker takes are given up at a stop, without a hanging wait', async () => {
    bus.beforePublish = () => {
      throw new BusError('UNAVAILABLE', 'no broker', true);
    };
    publisher.send([ackOf(1)]);
    await settled();

    publisher.stop();
    await publisher.drained();

    expect(bus.published).toEqual([]);
  });

  it('that can never be sent stop none of the others', async () => {
    const huge: OutgoingReply = {
      ...ackOf(1),
      message: { ...ackOf(1).message, output: 'x'.repeat(2_000_000) } as never,
    };

    publisher.send([huge, ackOf(2)]);
    await publisher.drained();

    expect(bus.replies).toMatchObject([{ gtx: gtxOf(2) }]);
    expect(log.lines).toContainEqual(expect.objectContaining({ level: 'error' }));
  });

  it('beyond the bound drop the oldest, with a warning: all are asked for again', async () => {
    bus.beforePublish = () => {
      throw new BusError('UNAVAILABLE', 'no broker', true);
    };

    publisher.send(Array.from({ length: 20_001 }, (_, n) => ackOf(n)));

    expect(log.lines).toContainEqual(expect.objectContaining({ level: 'warn', fields: { dropped: 1 } }));
    publisher.stop();
    await publisher.drained();
  });

  it('pass P4 and P7 once they are sent', async () => {
    publisher.send([ackOf(1)]);
    await publisher.drained();

    expect(faults.passed).toEqual(['P7']);
  });
});
