import { createKafkaBus } from '#messaging';
import type { IncomingRecord } from '#messaging';
import { silentLog } from '#observability';
import { decodeOutcome, topicNames } from '#wire';
import type { Pod } from './estate.js';
import type { Announced } from './story.js';

/** Listens to the outcomes of a pod from the first one on. */
export async function listen(pod: Pod): Promise<{ readonly heard: Announced; close(): Promise<void> }> {
  const heard = new Map<string, Set<string>>();
  const { outcomes } = topicNames(pod.topicPrefix);
  const bus = createKafkaBus({
    brokers: pod.brokers.split(','),
    clientId: `${pod.name}-listener`,
    log: silentLog,
  });
  await bus.subscribe({
    topics: [outcomes],
    group: `${pod.topicPrefix}.listener`,
    from: 'earliest',
    handler: (batch) => Promise.resolve(batch.forEach((record) => note(heard, record))),
  });
  return { heard, close: () => bus.close() };
}

/** A record that cannot be read stands beside the decision, and contradicts it. */
function note(heard: Map<string, Set<string>>, record: IncomingRecord): void {
  const decoded = decodeOutcome(record);
  const told = decoded.ok ? decoded.message.outcome : `UNREADABLE (${decoded.reason})`;
  const key = record.key ?? '';
  heard.set(key, (heard.get(key) ?? new Set()).add(told));
}
