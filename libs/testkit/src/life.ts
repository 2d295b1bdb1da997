import type { Bus, Subscription } from '#messaging';

/** What a dead process waits for. */
export const NEVER = new Promise<never>(() => undefined);

/** The bus handle of one process, and the end of both: after `crash` nothing goes out and nothing comes in. */
export class Life {
  dead = false;
  readonly bus: Bus;
  private readonly subscriptions: Subscription[] = [];

  constructor(bus: Bus) {
    this.bus = {
      ensureTopics: (topics) => bus.ensureTopics(topics),
      partitions: (topic) => bus.partitions(topic),
      lag: (group, topic) => bus.lag(group, topic),
      health: () => bus.health(),
      close: () => bus.close(),
      publish: (records) => (this.dead ? NEVER : bus.publish(records)),
      subscribe: async (options) => {
        const subscription = await bus.subscribe(options);
        this.subscriptions.push(subscription);
        return subscription;
      },
    };
  }

  crash(): void {
    this.dead = true;
    for (const subscription of this.subscriptions) (subscription as Subscription & { crash(): void }).crash();
  }
}
