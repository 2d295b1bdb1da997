import { SetMetadata } from '@nestjs/common';

/** How a method hears outcomes. */
export interface OnOutcomeOptions {
  /**
   * true: the method takes an array, all that came together (one statement for many). It may return the ids it could not
   * handle; rejecting means none. Default false: one outcome a call.
   */
  readonly batch?: boolean;
}

export const ON_OUTCOME = 'concordat:on-outcome';

/**
 * Marks a provider's method that hears how the transactions of this application's outbox ended: `(outcome: TransactionOutcome)`.
 * Called at least once for each; what it rejects comes again after a backoff.
 */
export const OnOutcome = (options: OnOutcomeOptions = {}): MethodDecorator =>
  SetMetadata(ON_OUTCOME, options);
