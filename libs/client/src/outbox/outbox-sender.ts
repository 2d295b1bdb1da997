import type { OutboxEntry } from '#persistence';
import { beginRequestSchema } from '#wire';
import { beginRecord } from '../kafka/begin-record.js';
import type { OutboxDeps, OutboxOptions } from './outbox-deps.js';
import { Pump } from './pump.js';

/**
 * Sends what is due: new requests, requests without an answer, and accepted ones whose outcome is overdue (the same BEGIN
 * again: the coordinator repeats ACCEPTED, and OUTCOME when there is one).
 *
 * Invariants: R1 only committed entries are sent: they are read in a transaction of their own. R2 a claim is a lease: what a
 *   crash kept from being sent is due again. R3 nothing is closed here; the broker's acknowledgement closes nothing.
 */
export class OutboxSender {
  private readonly pump: Pump;
  private seesKeys = false;

  constructor(
    private readonly deps: OutboxDeps,
    private readonly options: OutboxOptions,
  ) {
    this.pump = new Pump('outbox-sender', () => this.turn(), deps);
  }

  start(): void {
    this.pump.start();
  }

  wake(): void {
    this.pump.wake();
  }

  /** Entries were closed: the next one of an ordering key may be due now. */
  closed(): void {
    if (this.seesKeys) this.pump.wake();
  }

  stop(): Promise<void> {
    return this.pump.stop();
  }

  private async turn(): Promise<number> {
    const { resendMs, resendCapMs, askAgainMs, maxBatch, pollMs } = this.options;
    const jitter = 0.8 + 0.4 * this.deps.random.next();
    const pace = { firstMs: resendMs, capMs: resendCapMs, askMs: askAgainMs, jitter };
    const entries = await this.deps.store.claimDue({ limit: maxBatch, pace });
    if (entries.length === 0) return pollMs;
    this.seesKeys ||= entries.some(({ key }) => key !== null);
    await this.send(entries);
    return entries.length < maxBatch ? pollMs : 0;
  }

  private async send(entries: readonly OutboxEntry[]): Promise<void> {
    const { bus, topics, initiator, metrics, faults } = this.deps;
    const records = entries.map(({ gtx, request, idempotencyKey }) => {
      const submission = {
        gtx,
        request: beginRequestSchema.parse(request),
        idempotencyKey,
        traceparent: null,
      };
      return beginRecord(topics, initiator, submission);
    });
    if (faults.armed) await faults.reach('O1', records.length);
    await bus.publish(records);
    metrics.observe('concordat_batch_size', records.length, { stage: 'outbox_send' });
    if (faults.armed) await faults.reach('O2', records.length);
  }
}
