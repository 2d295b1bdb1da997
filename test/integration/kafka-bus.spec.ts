import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createKafkaBus } from '#messaging';
import { RecordingLog } from '#observability';
import { kafkaFromEnvOrStart } from '#stack';
import { busConformance } from '../../libs/messaging/src/conformance/bus-conformance.js';
import { crashOf } from '../../libs/messaging/src/conformance/world.js';

busConformance('kafka', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'concordat-kafka-bus-'));
  const kafka = await kafkaFromEnvOrStart({ dir });
  const run = randomBytes(4).toString('hex');
  let names = 0;
  return {
    connect: (clientId) =>
      createKafkaBus({ brokers: kafka.brokers.split(','), clientId, log: new RecordingLog() }),
    name: (base) => `conformance.${run}.${base}-${(names += 1)}`,
    crash: crashOf,
    close: async () => {
      await kafka.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
});
