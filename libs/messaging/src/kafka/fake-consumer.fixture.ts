/** A kafkajs consumer that the test plays: it says when the group joins, what batches come and how heartbeats end. */
import { EventEmitter } from 'node:events';
import type { Consumer, ConsumerRunConfig, EachBatchPayload } from 'kafkajs';

const EVENTS = { GROUP_JOIN: 'join', REBALANCING: 'rebalancing', CRASH: 'crash' };

export const REBALANCE = Object.assign(new Error('rebalance'), { type: 'REBALANCE_IN_PROGRESS' });

export class FakeConsumer {
  readonly events = EVENTS;
  readonly committed: string[] = [];
  readonly sought: string[] = [];
  readonly resolved: string[] = [];
  disconnects = 0;
  heartbeat: () => Promise<void> = () => Promise.resolve();
  commit: () => Promise<void> = () => Promise.resolve();
  #eachBatch: NonNullable<ConsumerRunConfig['eachBatch']> | undefined;
  readonly #emitter = new EventEmitter();

  on = (event: string, listener: (event: { payload: unknown }) => void) => this.#emitter.on(event, listener);
  connect = async () => undefined;
  subscribe = async () => undefined;
  disconnect = async () => void (this.disconnects += 1);
  seek = ({ partition, offset }: { partition: number; offset: string }) =>
    void this.sought.push(`${partition}:${offset}`);

  run = async (config: ConsumerRunConfig) => {
    this.#eachBatch = config.eachBatch;
  };

  commitOffsets = async (offsets: readonly { partition: number; offset: string }[]) => {
    await this.commit();
    this.committed.push(...offsets.map(({ partition, offset }) => `${partition}:${offset}`));
  };

  join(memberAssignment: Record<string, number[]>): void {
    this.#emitter.emit(EVENTS.GROUP_JOIN, { payload: { memberId: 'me', memberAssignment } });
  }

  rebalancing(): void {
    this.#emitter.emit(EVENTS.REBALANCING, { payload: {} });
  }

  crash(error: Error): void {
    this.#emitter.emit(EVENTS.CRASH, { payload: { error } });
  }

  /** kafkajs' call for what it fetched of one partition of topic `t`. */
  async batch(partition: number, offsets: readonly number[]): Promise<void> {
    const messages = offsets.map((offset) => ({
      offset: String(offset),
      key: null,
      value: null,
      headers: {},
    }));
    await this.#eachBatch?.({
      batch: { topic: 't', partition, messages },
      resolveOffset: (offset: string) => void this.resolved.push(`${partition}:${offset}`),
      heartbeat: () => this.heartbeat(),
      isStale: () => false,
    } as unknown as EachBatchPayload);
  }

  asConsumer(): Consumer {
    return this as unknown as Consumer;
  }
}
