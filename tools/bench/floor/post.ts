import { Kafka, logLevel, type EachBatchPayload, type Message, type Producer } from 'kafkajs';
import { stopIdleTimers } from '#messaging';

/** A record of the floor. */
export interface Letter {
  readonly topic: string;
  readonly gtx: string;
  readonly body: unknown;
}

/** Where letters are handed over. */
export interface Outgoing {
  send(letters: readonly Letter[]): void;
}

/**
 * kafkajs as fast as it goes: one produce a tick, no offsets committed, one partition a topic, and none of the timers by which it would
 * disturb whoever is measured while the floor stands idle.
 */
export class Post implements Outgoing {
  private outgoing: Letter[] = [];

  private constructor(
    private readonly kafka: Kafka,
    private readonly producer: Producer,
  ) {}

  static async open(brokers: string, clientId: string): Promise<Post> {
    stopIdleTimers();
    const kafka = new Kafka({ brokers: brokers.split(','), clientId, logLevel: logLevel.ERROR });
    const producer = kafka.producer({ allowAutoTopicCreation: false });
    await producer.connect();
    return new Post(kafka, producer);
  }

  /** What is handed over in one tick leaves in one request. A record that is not taken ends the process. */
  send(letters: readonly Letter[]): void {
    if (this.outgoing.length === 0 && letters.length > 0) setImmediate(() => void this.flush());
    for (const letter of letters) this.outgoing.push(letter);
  }

  /** Hands over the bodies of each fetch, and fetches on without waiting for what becomes of them. */
  async read<T>(topic: string, receive: (bodies: readonly T[]) => void): Promise<void> {
    const consumer = this.kafka.consumer({ groupId: `${topic}.readers` });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const joined = new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }: EachBatchPayload) => {
        receive(batch.messages.map(({ value }) => JSON.parse(String(value)) as T));
      },
    });
    await joined;
  }

  private async flush(): Promise<void> {
    const byTopic = new Map<string, Message[]>();
    for (const { topic, gtx, body } of this.outgoing) {
      const messages = byTopic.get(topic) ?? [];
      // The partitioner's hash would be a sixth of the CPU, to choose among one.
      messages.push({ key: gtx, value: JSON.stringify(body), partition: 0 });
      byTopic.set(topic, messages);
    }
    this.outgoing = [];
    const topicMessages = [...byTopic].map(([topic, messages]) => ({ topic, messages }));
    await this.producer.sendBatch({ acks: -1, topicMessages });
  }
}
