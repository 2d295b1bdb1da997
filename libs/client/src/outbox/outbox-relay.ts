import type { OutboxDeps, OutboxOptions } from './outbox-deps.js';
import { OutboxSender } from './outbox-sender.js';
import { OutcomeDelivery } from './outcome-delivery.js';
import { OutcomeInbox } from './outcome-inbox.js';
import type { OutcomeHandler } from './outcome.js';
import { Pump } from './pump.js';

const GARBAGE_INTERVAL_MS = 600_000;
const GARBAGE_LIMIT = 5_000;

/**
 * The life of an outbox entry after its local transaction committed: sent → accepted or rejected → ended → delivered.
 * Any number of relays may work over one outbox.
 */
export class OutboxRelay {
  private readonly sender: OutboxSender;
  private readonly delivery: OutcomeDelivery;
  private readonly inbox: OutcomeInbox;
  private readonly garbage: Pump;
  private stopListening: (() => void) | null = null;

  constructor(
    private readonly deps: OutboxDeps,
    private readonly options: OutboxOptions,
  ) {
    this.sender = new OutboxSender(deps, options);
    this.delivery = new OutcomeDelivery(deps, options);
    this.inbox = new OutcomeInbox(deps, options, {
      accepted: () => this.sender.closed(),
      ended: () => {
        this.delivery.wake();
        this.sender.closed();
      },
    });
    this.garbage = new Pump('outbox-garbage', () => this.collect(), deps);
  }

  /** Every handler hears every outcome. Register before `start`. */
  onOutcome(handler: OutcomeHandler): void {
    this.delivery.add(handler);
  }

  /** Subscribes to the answers, then begins to send. Throws BusError when the broker is away: call it again. */
  async start(): Promise<void> {
    await this.inbox.start();
    this.stopListening ??= this.deps.store.onWake(() => this.sender.wake());
    this.sender.start();
    this.delivery.start();
    this.garbage.start();
  }

  /** Sends and hears nothing more; waits for what is under way. Nothing is lost: the entries are in the database. */
  async stop(): Promise<void> {
    this.stopListening?.();
    await Promise.all([this.sender.stop(), this.inbox.stop(), this.garbage.stop()]);
    await this.delivery.stop();
  }

  private async collect(): Promise<number> {
    const { retentionMs } = this.options;
    const removed = await this.deps.store.collectGarbage({ retentionMs, limit: GARBAGE_LIMIT });
    return removed < GARBAGE_LIMIT ? GARBAGE_INTERVAL_MS : 0;
  }
}
