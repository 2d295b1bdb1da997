import type { Bus, IncomingRecord, Subscription } from '#messaging';
import type { Topics } from '#wire';
import type { Dice } from '../../crash/support/random.js';
import { MARK, shapeOf, type Shape } from './hostile-record.js';
import { topicsByKind } from './shapes.js';

/** How much of the newest traffic of a topic is remembered. */
const KEPT = 300;

/** Listens to the real traffic, so that hostile records can speak of transactions that are under way. */
export class Tap {
  private readonly newest = new Map<string, IncomingRecord[]>();
  /** Begun over Kafka by somebody true: what participants say of made-up transactions is not live traffic. */
  private readonly begun = new Set<string>();
  private subscription: Subscription | null = null;

  constructor(
    private readonly bus: Bus,
    private readonly topics: Topics,
  ) {}

  async open(): Promise<void> {
    const { 'dead-letters': _, ...heard } = topicsByKind(this.topics);
    this.subscription = await this.bus.subscribe({
      topics: Object.values(heard).flat(),
      group: `${this.topics.replies}.hostile-tap`,
      from: 'earliest',
      handler: async (batch) => {
        for (const record of batch) this.hear(record);
      },
    });
  }

  async close(): Promise<void> {
    await this.subscription?.stop();
  }

  get heard(): number {
    return [...this.newest.values()].reduce((sum, records) => sum + records.length, 0);
  }

  /** A recent message of one of these types from a topic; null when none was heard yet. */
  pick(topic: string, dice: Dice, ...types: readonly string[]): Shape | null {
    const fitting = (this.newest.get(topic) ?? []).filter(
      ({ headers }) => types.length === 0 || types.includes(headers['type'] ?? ''),
    );
    return fitting.length === 0 ? null : shapeOf(dice.pick(fitting));
  }

  /** What is marked is ours. */
  private hear(record: IncomingRecord): void {
    if (MARK in record.headers || record.value === null || record.headers['type'] === 'HELLO') return;
    const gtx = record.key?.split(':')[0] ?? '';
    if (record.headers['type'] === 'BEGIN') this.begun.add(gtx);
    else if (!this.begun.has(gtx)) return;
    const kept = this.newest.get(record.topic) ?? [];
    this.newest.set(record.topic, [...kept.slice(1 - KEPT), record]);
  }
}
