import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import {
  commandSchemas,
  deadLetterSchemas,
  initiatorSchemas,
  outcomeSchemas,
  replySchemas,
  requestSchemas,
} from '#wire';

/** A kind of topic, as documents speak of it. */
export interface ChannelDoc {
  /** Second part of the topic name. */
  readonly kind: string;
  readonly address: string;
  /** The changing part of the address. */
  readonly parameter: 'participant' | 'initiator' | null;
  readonly cleanup: 'delete' | 'compact';
  /** What the coordinator does with it. */
  readonly action: 'send' | 'receive';
  readonly description: string;
  readonly schemas: Readonly<Record<string, z.ZodType>>;
  /** Its records may be packs. */
  readonly packed?: true;
}

export const CHANNELS: readonly ChannelDoc[] = [
  {
    kind: 'commands',
    address: 'concordat.commands.{participant}',
    parameter: 'participant',
    cleanup: 'delete',
    action: 'send',
    description: 'Coordinators and watchdogs to one participant.',
    schemas: commandSchemas,
    packed: true,
  },
  {
    kind: 'replies',
    address: 'concordat.replies',
    parameter: null,
    cleanup: 'delete',
    action: 'receive',
    description: 'Participants to whoever drives the transaction.',
    schemas: replySchemas,
    packed: true,
  },
  {
    kind: 'requests',
    address: 'concordat.requests',
    parameter: null,
    cleanup: 'delete',
    action: 'receive',
    description: 'Initiators to the coordinators.',
    schemas: requestSchemas,
  },
  {
    kind: 'initiators',
    address: 'concordat.initiators.{initiator}',
    parameter: 'initiator',
    cleanup: 'delete',
    action: 'send',
    description: 'Coordinators to one initiator, about requests that came over Kafka.',
    schemas: initiatorSchemas,
  },
  {
    kind: 'outcomes',
    address: 'concordat.outcomes',
    parameter: null,
    cleanup: 'compact',
    action: 'send',
    description: 'Every decision, for whoever is in doubt and gets no answer.',
    schemas: outcomeSchemas,
  },
  {
    kind: 'dead-letters',
    address: 'concordat.dead-letters',
    parameter: null,
    cleanup: 'delete',
    action: 'send',
    description: 'Records somebody refused, with the reason.',
    schemas: deadLetterSchemas,
  },
];

/** A record as the golden files hold it. */
export interface Example {
  readonly name: string;
  readonly topic: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: unknown;
}

/** Unique name of a message in documents: its type, with the kind of topic where the type alone is not unique. */
export function messageName(kind: string, type: string): string {
  return kind === 'initiators' && type === 'OUTCOME' ? 'INITIATOR_OUTCOME' : type;
}

/** The golden messages of the present version, by the name of their message. */
export function readExamples(root: string): ReadonlyMap<string, readonly Example[]> {
  const folder = join(root, 'libs/wire/golden/v1');
  const examples = readdirSync(folder)
    .sort()
    .map((file): Example => {
      const record = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Omit<Example, 'name'>;
      return { name: file.replace('.json', ''), ...record };
    });
  const byMessage = new Map<string, Example[]>();
  for (const example of examples) {
    const name = messageName(example.topic.split('.')[1] ?? '', example.headers['type'] ?? '');
    byMessage.set(name, [...(byMessage.get(name) ?? []), example]);
  }
  return byMessage;
}
