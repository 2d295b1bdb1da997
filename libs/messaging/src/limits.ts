import type { SubscribeOptions } from './port.js';

/** Records that may wait in memory for a handler, unless the subscription says otherwise (M7). */
export const DEFAULT_MAX_BUFFERED_RECORDS = 10_000;

/** Records one handler call gets at most, unless the subscription says otherwise: one database step. */
export const DEFAULT_MAX_BATCH_RECORDS = 1_000;

type Limits = Pick<SubscribeOptions, 'maxBatchRecords' | 'maxBufferedRecords'>;

export function bufferLimit({ maxBufferedRecords = DEFAULT_MAX_BUFFERED_RECORDS }: Limits): number {
  return Math.max(1, maxBufferedRecords);
}

export function batchLimit(options: Limits): number {
  const { maxBatchRecords = DEFAULT_MAX_BATCH_RECORDS } = options;
  return Math.max(1, Math.min(maxBatchRecords, bufferLimit(options)));
}
