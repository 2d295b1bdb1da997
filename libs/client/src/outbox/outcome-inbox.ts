import type { IncomingRecord, Subscription } from '#messaging';
import type { InitiatorMessage } from '#wire';
import { bury, sortLetters } from '../kafka/initiator-letters.js';
import type { OutboxDeps, OutboxOptions } from './outbox-deps.js';

type Rejected = InitiatorMessage & { type: 'REJECTED' };

/** A rejection that does not say the request never ran: it may have, longer ago than the coordinator remembers. */
const TOO_OLD = /ID_TOO_OLD$/;

export interface InboxListeners {
  /** Requests were accepted. */
  readonly accepted: () => void;
  /** Requests ended. */
  readonly ended: () => void;
}

/**
 * Reads `initiators.<name>` and closes entries. All instances of an initiator share one group.
 *
 * Invariant: an offset is committed only after the store holds what the letters said (the handler resolves then).
 */
export class OutcomeInbox {
  private subscription: Subscription | null = null;

  constructor(
    private readonly deps: OutboxDeps,
    private readonly options: OutboxOptions,
    private readonly listeners: InboxListeners,
  ) {}

  async start(): Promise<void> {
    const { bus, topics, initiator } = this.deps;
    const topic = topics.initiator(initiator);
    this.subscription ??= await bus.subscribe({
      topics: [topic],
      group: `${topic}.outbox`,
      from: 'earliest',
      handler: (batch) => this.receive(batch),
    });
  }

  async stop(): Promise<void> {
    await this.subscription?.stop();
  }

  private async receive(batch: readonly IncomingRecord[]): Promise<void> {
    const { letters, refusals } = sortLetters(batch, this.deps.initiator);
    await bury(refusals, this.deps);
    const outcomes = letters
      .filter((letter) => letter.type === 'OUTCOME')
      .map(({ gtx, outcome, reason }) => ({ gtx, outcome, reason }));
    const rejected = letters.filter((letter) => letter.type === 'REJECTED');
    const over = new Set(outcomes.map(({ gtx }) => gtx));
    const accepted = letters.filter(({ type, gtx }) => type === 'ACCEPTED' && !over.has(gtx));

    const { store } = this.deps;
    if (accepted.length > 0) {
      await store.accept(
        accepted.map(({ gtx }) => gtx),
        { askAgainInMs: this.options.askAgainMs * (0.8 + 0.4 * this.deps.random.next()) },
      );
      this.listeners.accepted();
    }
    if (outcomes.length > 0) await store.settle(outcomes);
    if (rejected.length > 0) await this.reject(rejected);
    if (outcomes.length + rejected.length > 0) this.listeners.ended();
  }

  private async reject(letters: readonly Rejected[]): Promise<void> {
    const certain = letters.filter(({ code }) => !TOO_OLD.test(code));
    for (const { gtx, code } of letters.filter((letter) => !certain.includes(letter))) {
      this.deps.log.error(
        { gtx, code },
        'the coordinator no longer remembers what became of this request; it stays open until somebody looks',
      );
    }
    await this.deps.store.reject(certain.map(({ gtx, code }) => ({ gtx, reason: code })));
  }
}
