import type { Command, Transaction } from '#protocol';

declare const durable: unique symbol;

/**
 * Things that may leave the process because the ledger holds what they follow from. Only `afterCommit` and `fromLedger`
 * make one, and only the relay sends: "sent but not recorded" has no place to happen (style.md §Layout).
 */
export interface Durable {
  readonly [durable]: true;
  readonly tx: Transaction;
  readonly commands: readonly Command[];
  /** Attempts whose decision is to be announced on the outcomes topic. */
  readonly announce: readonly number[];
  /** The whole transaction has its outcome: tell the initiator, if it waits on Kafka. */
  readonly final: boolean;
  readonly initiator: string | null;
  readonly traceparent: string | null;
  /** Milliseconds left of the prepare budget. */
  readonly budgetMs: number;
}

export type Sendable = Omit<Durable, typeof durable>;

/** After a ledger call reported this image as written, or returned it: its sends are true. */
export function afterLedger(sendable: Sendable): Durable {
  return sendable as Durable;
}
