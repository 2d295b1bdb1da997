import { Inject, Injectable } from '@nestjs/common';
import type { Bus, OutgoingRecord } from '#messaging';
import type { LedgerAdmin, StoredDeadLetter } from '#persistence';
import type { Json } from '#protocol';
import { conflict, notFound, type Page } from '#service';
import { ADMIN, BUS, CONFIG } from '../tokens.js';
import type { Config } from '#service';
import type { DeadLetterQuery, DeadLetterView, RequeueResultView } from './dead-letter-schema.js';
import type { OperatorNote } from './ledger-wide.service.js';

interface Refusal {
  readonly code: string;
  readonly detail: string;
}

/** The refused messages of every app, and their second chance. */
@Injectable()
export class DeadLettersService {
  constructor(
    @Inject(ADMIN) private readonly admin: LedgerAdmin,
    @Inject(BUS) private readonly bus: Bus,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async list({ limit, cursor, reason, topic }: DeadLetterQuery): Promise<Page<DeadLetterView>> {
    const filter = { ...(reason === undefined ? {} : { reason }), ...(topic === undefined ? {} : { topic }) };
    return this.admin.deadLetters(filter, { limit, cursor: cursor ?? null });
  }

  async get(id: string): Promise<DeadLetterView> {
    const letter = await this.admin.deadLetter(id);
    if (!letter) throw notFound(`There is no dead letter ${id}.`);
    return letter;
  }

  /** Publishes the record as it was, to the topic and partition it came from. Whoever refused it may refuse it again: a new letter. */
  async requeue(id: string, note: OperatorNote): Promise<RequeueResultView> {
    const letter = await this.admin.deadLetter(id);
    const refusal = letter
      ? refusalOf(letter, this.config.topicPrefix)
      : { code: 'UNKNOWN', detail: 'unknown' };
    if (!letter || refusal) {
      await this.audit(id, note, false, { ...refusal });
      if (!letter) throw notFound(`There is no dead letter ${id}.`);
      throw conflict(`CONCORDAT_${refusal!.code}`, `${refusal!.detail}.`, { evidence: letter });
    }
    if (!note.dryRun) await this.send(letter, note.caller);
    const effect = `the record ${note.dryRun ? 'would go' : 'went'} to ${letter.topic} again`;
    await this.audit(id, note, true, { effect });
    return { id, dryRun: note.dryRun, effect };
  }

  private async send(letter: StoredDeadLetter, caller: string): Promise<void> {
    await this.bus.publish([recordOf(letter)]);
    await this.admin.markRequeued(letter.id, caller);
  }

  private async audit(
    id: string,
    { reason, caller, dryRun }: OperatorNote,
    accepted: boolean,
    more: { readonly [key: string]: Json },
  ): Promise<void> {
    const detail = { deadLetter: id, ...more };
    await this.admin.appendAudit({ action: 'requeue', gtx: null, caller, reason, dryRun, accepted, detail });
  }
}

/** Why a letter cannot be sent again; null when it can. */
export function refusalOf(letter: StoredDeadLetter, topicPrefix: string): Refusal | null {
  if (letter.truncated) return { code: 'TRUNCATED', detail: 'The letter does not hold the whole record' };
  if (letter.requeuedAt !== null)
    return { code: 'REQUEUED_BEFORE', detail: `It was requeued at ${letter.requeuedAt}` };
  if (letter.topic.startsWith(`${topicPrefix}.`)) return null;
  return { code: 'FOREIGN_TOPIC', detail: `${letter.topic} is not a topic of ${topicPrefix}` };
}

/** The record as it came. A record without a key keeps its place by its partition. */
export function recordOf(letter: StoredDeadLetter): OutgoingRecord {
  const { topic, partition, key, headers, value } = letter;
  return {
    topic,
    partition,
    key: key ?? '',
    headers,
    value: value === null ? null : Buffer.from(value, 'base64'),
  };
}
