import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { startKafka, type Kafka } from '#stack';
import { listenerPorts, type Addresses } from './addresses.js';
import type { KafkaService } from './file.js';

/** Names that the image keeps for its own scripts instead of handing them to the broker. */
const NOT_SETTINGS = ['KAFKA_HEAP_OPTS'];
/** The volume of the service is a directory of the test here. */
const DATA_DIRECTORY = '/var/lib/kafka/data';

/** As the image does it: KAFKA_LOG_DIRS → log.dirs, `__` → `_`, `___` → `-`. */
export const propertyName = (variable: string): string =>
  variable
    .replace(/^KAFKA_/, '')
    .toLowerCase()
    .replaceAll(/_+/g, (run) => ({ 1: '.', 2: '_', 3: '-' })[run.length] ?? run);

function settingsOf(service: KafkaService, addresses: Addresses): Record<string, string> {
  const names = Object.keys(service.environment).filter(
    (name) => name.startsWith('KAFKA_') && !NOT_SETTINGS.includes(name),
  );
  const settings: Record<string, string> = Object.fromEntries(
    names.map((name) => [propertyName(name), addresses.rewrite('kafka', service.environment[name] ?? '')]),
  );
  const listeners = [...listenerPorts(service)].map(
    ([listener, port]) => `${listener}://127.0.0.1:${addresses.port('kafka', port)}`,
  );
  const { 'log.dirs': directory, ...rest }: Record<string, string> = {
    ...settings,
    listeners: listeners.join(','),
  };
  if (directory !== DATA_DIRECTORY) throw new Error(`KAFKA_LOG_DIRS must be the volume, ${DATA_DIRECTORY}`);
  return rest;
}

/** What else stands in the environment of the service; nothing may be left over. */
function imageOptions(service: KafkaService): { heap: string; clusterId: string } {
  const rest = Object.keys(service.environment).filter((name) => !name.startsWith('KAFKA_'));
  if (rest.join() !== 'CLUSTER_ID') throw new Error(`environment of kafka: unknown ${rest.join()}`);
  const clusterId = service.environment['CLUSTER_ID'] ?? '';
  const heap = /-Xmx(\w+)/.exec(service.environment['KAFKA_HEAP_OPTS'] ?? '')?.[1];
  if (heap === undefined) throw new Error('KAFKA_HEAP_OPTS names no -Xmx');
  if (Buffer.from(clusterId, 'base64url').length !== 16)
    throw new Error('CLUSTER_ID must be 16 bytes, base64url');
  return { heap, clusterId };
}

/** Starts the broker that the service describes, with its settings, on local addresses. */
export async function startKafkaService(
  service: KafkaService,
  addresses: Addresses,
  dir: string,
): Promise<Kafka> {
  const { heap, clusterId } = imageOptions(service);
  const settings = settingsOf(service, addresses);
  const inside = listenerPorts(service).get(settings['inter.broker.listener.name'] ?? '');
  if (inside === undefined) throw new Error('KAFKA_INTER_BROKER_LISTENER_NAME names no listener');
  await mkdir(dir, { recursive: true });
  await writeFile(path.join(dir, 'cluster-id'), clusterId);
  return startKafka({ dir, heap, settings, ports: [addresses.port('kafka', inside)] });
}
