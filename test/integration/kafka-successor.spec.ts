/** A process that is started again under its name takes over at once what the one that was killed had read. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { createKafkaBus, type Bus, type Subscription } from '#messaging';
import { RecordingLog } from '#observability';
import { kafkaFromEnvOrStart, type Kafka } from '#stack';
import { Probe } from '../../libs/messaging/src/conformance/world.js';
import { eventually } from '../support/eventually.js';

const NAME = `successor-${process.pid}`;
const TOPIC = { partitions: 2, replication: 1, cleanup: 'delete', maxRecordBytes: 65_536 } as const;

describe('a bus whose client id is unique', () => {
  let dir: string;
  let kafka: Kafka;
  const buses: Bus[] = [];
  const log = new RecordingLog();
  const taken = (): readonly unknown[] =>
    log.lines.filter(({ message }) => message.startsWith('took the member')).map(({ fields }) => fields);

  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'concordat-successor-'));
    kafka = await kafkaFromEnvOrStart({ dir });
  });
  afterAll(async () => {
    await Promise.all(buses.map((bus) => bus.close()));
    await kafka?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  async function join(clientId: string): Promise<Subscription> {
    const options = { brokers: kafka.brokers.split(','), clientId, clientIdIsUnique: true, log };
    const bus = createKafkaBus(options);
    buses.push(bus);
    await bus.ensureTopics([{ name: NAME, ...TOPIC }]);
    const { handler } = new Probe();
    return bus.subscribe({ topics: [NAME], group: NAME, from: 'earliest', handler });
  }

  it('takes the member of that name out of its group, no other; where the name was given twice, both read', async () => {
    // The former does not know that it is dead: as good as killed for the group, and the harder case.
    const former = await join(`${NAME}-a`);
    await eventually(() => former.assigned(NAME).length === 2);
    expect(taken()).toEqual([]);

    const other = await join(`${NAME}-b`);
    await eventually(() => former.assigned(NAME).length === 1 && other.assigned(NAME).length === 1);
    expect(taken()).toEqual([]);
    await other.stop();

    const successor = await join(`${NAME}-a`);
    await eventually(() => former.assigned(NAME).length === 1 && successor.assigned(NAME).length === 1);
    expect(taken()).toEqual([expect.objectContaining({ group: NAME, clientId: `${NAME}-a` })]);
  });
});
