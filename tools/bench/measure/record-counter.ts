import { Kafka, logLevel, type Admin } from 'kafkajs';

import { stopIdleTimers } from '#messaging';

/** Records of each topic since it was created; topics by their name. */
export type RecordCounts = Readonly<Record<string, number>>;

/** Counts records by the ends of their topics' partitions. */
export class RecordCounter {
  private readonly topics = new Map<string, readonly string[]>();

  private constructor(private readonly admin: Admin) {}

  static async open(brokers: string): Promise<RecordCounter> {
    // Or kafkajs' timers would wake this process 600 times a second beside what it measures.
    stopIdleTimers();
    const admin = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.ERROR }).admin();
    await admin.connect();
    return new RecordCounter(admin);
  }

  /** Of all topics that begin with `prefix`; which they are is looked up once. */
  async read(prefix: string | undefined): Promise<RecordCounts> {
    if (prefix === undefined) return {};
    const counts = await Promise.all(
      (await this.topicsOf(prefix)).map(async (topic) => {
        const partitions = await this.admin.fetchTopicOffsets(topic);
        return [topic, partitions.reduce((sum, { high }) => sum + Number(high), 0)] as const;
      }),
    );
    return Object.fromEntries(counts);
  }

  close(): Promise<void> {
    return this.admin.disconnect();
  }

  private async topicsOf(prefix: string): Promise<readonly string[]> {
    const known = this.topics.get(prefix);
    if (known !== undefined) return known;
    const found = (await this.admin.listTopics()).filter((topic) => topic.startsWith(prefix));
    this.topics.set(prefix, found);
    return found;
  }
}
