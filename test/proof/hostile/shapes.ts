/** Valid messages of every topic to be spoiled: the golden ones of each released version, and what a correct sender may write. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  deadLetterOf, encodeCommand, encodeDeadLetter, encodeInitiator, encodeOutcome, encodeReply, encodeRequest,
} from '#wire'; // prettier-ignore
import type { EncodedRecord, Topics } from '#wire';
import {
  commands,
  initiatorMessages,
  outcomes,
  replies,
  requests,
} from '../../../libs/wire/src/arbitraries.fixture.js';
import { shapeOf, type Shape } from './hostile-record.js';

const GOLDEN = join(import.meta.dirname, '../../../libs/wire/golden');
const PARTICIPANTS = ['orders', 'inventory', 'payments'] as const;
const SAMPLES = 80;

/** Every topic of an installation, by the kind of message that belongs there. */
export function topicsByKind(topics: Topics): Readonly<Record<string, readonly string[]>> {
  return {
    requests: [topics.requests],
    replies: [topics.replies],
    commands: PARTICIPANTS.map((name) => topics.command(name)),
    initiators: [topics.initiator('orders')],
    outcomes: [topics.outcomes],
    'dead-letters': [topics.deadLetters],
  };
}

export function allTopics(topics: Topics): readonly string[] {
  return Object.values(topicsByKind(topics)).flat();
}

/** Shapes for each topic; the same seed gives the same. */
export function shapesByTopic(topics: Topics, seed: number): ReadonlyMap<string, readonly Shape[]> {
  const drawn = { ...drawnShapes(seed) };
  const golden = goldenShapes();
  return new Map(
    Object.entries(topicsByKind(topics)).flatMap(([kind, names]) =>
      names.map((topic): [string, readonly Shape[]] => {
        const shapes = [...(golden.get(kind) ?? []), ...(drawn[kind] ?? [])];
        return [topic, shapes.map((shape) => ({ ...shape, topic }))];
      }),
    ),
  );
}

function goldenShapes(): ReadonlyMap<string, readonly Shape[]> {
  const kinds = new Map<string, Shape[]>();
  const versions = readdirSync(GOLDEN, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name: version } of versions) {
    for (const file of readdirSync(join(GOLDEN, version))) {
      const text = readFileSync(join(GOLDEN, version, file), 'utf8');
      const { topic, key, headers, value } = JSON.parse(text) as Omit<Shape, 'body'> & {
        value: Shape['body'];
      };
      // A pack is a list: what is spoiled here are fields of one body (`spoil-packs.ts` packs them).
      if (headers['type'] === 'PACK') continue;
      const kind = topic.split('.')[1]!;
      kinds.set(kind, [...(kinds.get(kind) ?? []), { topic, key, headers, body: value }]);
    }
  }
  return kinds;
}

function drawnShapes(seed: number): Readonly<Record<string, readonly Shape[]>> {
  const draw = <T>(messages: fc.Arbitrary<T>, encode: (message: T) => EncodedRecord): Shape[] =>
    fc.sample(messages, { seed, numRuns: SAMPLES }).flatMap((message) => {
      return shapeOf({ topic: '', ...encode(message) }) ?? [];
    });
  return {
    requests: draw(requests, encodeRequest),
    replies: draw(replies, encodeReply),
    commands: draw(commands, encodeCommand),
    initiators: draw(initiatorMessages, encodeInitiator),
    outcomes: draw(outcomes, encodeOutcome),
    'dead-letters': draw(deadLetters, encodeDeadLetter),
  };
}

const REFUSER = { app: 'proof', instance: 'proof-1' };

/** Dead letters as any app may write them. */
const deadLetters = fc
  .record({
    topic: fc.constantFrom('elsewhere.one', 'elsewhere.two'),
    partition: fc.nat(100),
    offset: fc.nat().map(String),
    key: fc.option(fc.string({ unit: 'grapheme' }), { nil: null }),
    value: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    headers: fc.dictionary(fc.string({ maxLength: 20 }), fc.string({ maxLength: 40 }), {
      noNullPrototype: true,
    }),
    reason: fc.constantFrom('BAD_JSON', 'INVALID', 'UNKNOWN_BRANCH'),
  })
  .map(({ reason, ...record }) => deadLetterOf(record, reason, 'a forged letter', REFUSER));
