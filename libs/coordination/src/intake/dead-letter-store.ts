import type { IncomingRecord } from '#messaging';
import type { Metrics } from '#observability';
import type { Ledger } from '#persistence';
import { deadLetterOf, decodeDeadLetter, decodeOutcome } from '#wire';
import type { Refuser } from '#wire';
import type { DeadLetterBox, Refusal } from './letters.js';

/** Stores the dead letters of every app, once each (unique on topic, partition, offset). */
export class DeadLetterStore {
  constructor(
    private readonly ledger: Pick<Ledger, 'storeDeadLetters'>,
    private readonly metrics: Metrics,
    private readonly sender: Refuser,
  ) {}

  /** A record that cannot be read as a dead letter is stored as one at once: sent to the topic again it would never end. */
  async handle(batch: readonly IncomingRecord[]): Promise<void> {
    const letters = batch.map((record) => {
      const decoded = decodeDeadLetter(record);
      if (decoded.ok) return decoded.message;
      this.metrics.count('concordat_dead_letters_total', { reason: decoded.reason });
      return deadLetterOf(record, decoded.reason, decoded.detail, this.sender);
    });
    await this.ledger.storeDeadLetters(letters);
  }
}

/** Buries what cannot be read as an outcome; null values only end a key of the compacted topic. */
export async function guardOutcomes(batch: readonly IncomingRecord[], letters: DeadLetterBox): Promise<void> {
  const refusals = batch.flatMap((record): Refusal[] => {
    const decoded = record.value === null ? null : decodeOutcome(record);
    return decoded && !decoded.ok ? [{ record, reason: decoded.reason, detail: decoded.detail }] : [];
  });
  await letters.put(refusals);
}
