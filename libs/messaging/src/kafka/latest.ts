import type { Consumer } from 'kafkajs';
import type { SubscribeOptions } from '../port.js';
import type { KafkaAdmin } from './kafka-admin.js';

interface Parts {
  readonly consumer: Consumer;
  readonly admin: KafkaAdmin;
  readonly options: SubscribeOptions;
}

/**
 * Where a group from 'latest' has committed nothing, commits the present end as its beginning and reads from there.
 * Without it a member that dies before its first commit would lose what it was given: its successor would begin at
 * the end of that time.
 */
export async function commitBeginning(
  { consumer, admin, options }: Parts,
  assignment: Readonly<Record<string, readonly number[]>>,
): Promise<void> {
  for (const [topic, partitions] of Object.entries(assignment)) {
    const progress = await admin.progress(options.group, topic);
    const beginnings = progress
      .filter(({ partition, committed }) => committed === undefined && partitions.includes(partition))
      .map(({ partition, high }) => ({ topic, partition, offset: String(high) }));
    if (beginnings.length === 0) continue;
    await consumer.commitOffsets(beginnings);
    for (const beginning of beginnings) consumer.seek(beginning);
  }
}
