import type { PartitionerArgs } from 'kafkajs';
import { partitionOfKey } from '../partitioner.js';
import { BusError } from '../port.js';

/**
 * The partitioner given to kafkajs: its default one (murmur2 of the key), but a partition that the topic does not have
 * is refused. kafkajs would drop such a record in silence and report success.
 */
export function partitioner({ topic, partitionMetadata, message }: PartitionerArgs): number {
  const count = partitionMetadata.length;
  const { partition, key } = message;
  if (partition === undefined) return partitionOfKey(String(key ?? ''), count);
  if (Number.isInteger(partition) && partition >= 0 && partition < count) return partition;
  throw new BusError('REFUSED', `Topic ${topic} has no partition ${partition}`, false);
}
