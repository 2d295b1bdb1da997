import type { Bus, IncomingRecord, OutgoingRecord } from '#messaging';
import type { Log, Metrics } from '#observability';
import { deadLetterOf, decodeInitiator, encodeDeadLetter, type InitiatorMessage, type Topics } from '#wire';

export interface LetterDeps {
  readonly bus: Bus;
  readonly topics: Topics;
  readonly initiator: string;
  readonly instance: string;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface Refusal {
  readonly record: IncomingRecord;
  readonly reason: string;
  readonly detail: string;
}

/** What a batch from `initiators.<name>` says, and what in it cannot be read or is for somebody else. */
export function sortLetters(
  batch: readonly IncomingRecord[],
  initiator: string,
): { readonly letters: readonly InitiatorMessage[]; readonly refusals: readonly Refusal[] } {
  const refusals: Refusal[] = [];
  const letters = batch.flatMap((record) => {
    const decoded = decodeInitiator(record);
    if (!decoded.ok) {
      refusals.push({ record, reason: decoded.reason, detail: decoded.detail });
      return [];
    }
    if (decoded.message.initiator === initiator) return [decoded.message];
    const detail = `for ${decoded.message.initiator}, this is ${initiator}`;
    refusals.push({ record, reason: 'WRONG_INITIATOR', detail });
    return [];
  });
  return { letters, refusals };
}

/** Makes dead letters of refused records; resolves when they are published, so that their offsets may advance. */
export async function bury(refusals: readonly Refusal[], deps: LetterDeps): Promise<void> {
  if (refusals.length === 0) return;
  const by = { app: deps.initiator, instance: deps.instance };
  await deps.bus.publish(
    refusals.map(({ record, reason, detail }): OutgoingRecord => {
      const letter = deadLetterOf(record, reason, detail, by);
      return { topic: deps.topics.deadLetters, ...encodeDeadLetter(letter) };
    }),
  );
  for (const { record, reason, detail } of refusals) {
    const { topic, partition, offset } = record;
    deps.metrics.count('concordat_dead_letters_total', { reason });
    deps.log.warn({ topic, partition, offset, reason, detail }, 'record refused; it is a dead letter now');
  }
}
