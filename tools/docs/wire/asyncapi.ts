import { stringify } from 'yaml';
import { MAX_PACK_MESSAGES, PACK_VERSION, TOPIC_RETENTION_MS, WIRE_VERSION } from '#wire';
import { CHANNELS, type ChannelDoc, type Example, messageName, readExamples } from './catalog.js';
import { jsonSchemaOf } from './json-schema.js';

type Yaml = Readonly<Record<string, unknown>>;

const ref = (path: string): Yaml => ({ $ref: `#/${path}` });

/** docs/asyncapi.yaml: AsyncAPI 3 from the zod schemas and the golden messages, seen from the coordinator. */
export function asyncApi(root: string): string {
  const examples = readExamples(root);
  const document = {
    asyncapi: '3.0.0',
    info: {
      title: 'Concordat wire protocol',
      version: String(WIRE_VERSION),
      description:
        'Generated from libs/wire by `npm run docs:generate`; the rules that go with it are in docs/wire-protocol.md. ' +
        'Topic names begin with CONCORDAT_TOPIC_PREFIX, by default `concordat`. Unknown headers are ignored; `sig` is reserved.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(CHANNELS.map((channel) => [channel.kind, channelOf(channel)])),
    operations: Object.fromEntries(
      CHANNELS.map((channel) => [`${channel.action}-${channel.kind}`, operationOf(channel)]),
    ),
    components: {
      messages: {
        ...Object.fromEntries(CHANNELS.flatMap((channel) => messagesOf(channel, examples))),
        PACK: pack(examples.get('PACK') ?? []),
      },
    },
  };
  return stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** Names of what may be on a topic. */
const namesOf = ({ kind, schemas, packed }: ChannelDoc): readonly string[] => [
  ...Object.keys(schemas).map((type) => messageName(kind, type)),
  ...(packed ? ['PACK'] : []),
];

function channelOf(channel: ChannelDoc): Yaml {
  const { address, parameter, cleanup, description } = channel;
  const names = namesOf(channel);
  const retention = cleanup === 'delete' ? { 'retention.ms': TOPIC_RETENTION_MS } : {};
  return {
    address,
    description,
    ...(parameter === null
      ? {}
      : { parameters: { [parameter]: { description: `Name of the ${parameter}.` } } }),
    messages: Object.fromEntries(names.map((name) => [name, ref(`components/messages/${name}`)])),
    bindings: {
      kafka: { topicConfiguration: { 'cleanup.policy': [cleanup], ...retention }, bindingVersion: '0.5.0' },
    },
  };
}

function operationOf(channel: ChannelDoc): Yaml {
  const { kind, action, description } = channel;
  const messages = namesOf(channel).map((name) => ref(`channels/${kind}/messages/${name}`));
  return { action, channel: ref(`channels/${kind}`), summary: description, messages };
}

function messagesOf(
  channel: ChannelDoc,
  examples: ReadonlyMap<string, readonly Example[]>,
): [string, Yaml][] {
  return Object.entries(channel.schemas).map(([type, schema]) => {
    const name = messageName(channel.kind, type);
    const body = jsonSchemaOf(schema);
    const shown = (examples.get(name) ?? []).map(({ name, headers, value }) => ({
      name,
      headers,
      payload: value,
    }));
    const message = {
      name,
      title: type,
      contentType: 'application/json',
      headers: headersOf(channel, type, Object.keys(body.properties ?? {})),
      payload: body,
      bindings: {
        kafka: { key: { type: 'string', description: keyRule(channel.kind, type) }, bindingVersion: '0.5.0' },
      },
      examples: shown,
    };
    return [name, message];
  });
}

/** Several messages of the topic in one record. */
function pack(examples: readonly Example[]): Yaml {
  const letter = {
    type: 'object',
    required: ['type', 'body'],
    properties: {
      type: { type: 'string', description: 'A message of this topic.' },
      traceparent: { type: 'string', description: 'W3C trace context.' },
      body: { type: 'object', description: 'What the value of a record of that message would be.' },
    },
    additionalProperties: false,
  };
  return {
    name: 'PACK',
    title: 'PACK',
    summary: `Sent only to who announced version ${PACK_VERSION}; every coordinator reads it.`,
    contentType: 'application/json',
    headers: {
      type: 'object',
      required: ['v', 'type', 'participant'],
      properties: {
        v: { const: String(PACK_VERSION) },
        type: { const: 'PACK' },
        participant: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' },
      },
    },
    payload: { type: 'array', minItems: 1, maxItems: MAX_PACK_MESSAGES, items: letter },
    bindings: {
      kafka: {
        key: { type: 'string', description: 'the key of its first message' },
        bindingVersion: '0.5.0',
      },
    },
    examples: examples.map(({ name, headers, value }) => ({ name, headers, payload: value })),
  };
}

function headersOf({ kind, parameter }: ChannelDoc, type: string, fields: readonly string[]): Yaml {
  const name = { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' };
  const party = parameter ?? (kind === 'replies' ? 'participant' : null);
  return {
    type: 'object',
    required: ['v', 'type', ...(party === null ? [] : [party])],
    properties: {
      v: { const: String(WIRE_VERSION) },
      type: { const: type },
      ...(party === null ? {} : { [party]: name }),
      ...(fields.includes('attempt') ? { attempt: { type: 'string', description: 'Equals the body.' } } : {}),
      ...(fields.includes('branch') ? { branch: { ...name, description: 'Equals the body.' } } : {}),
      traceparent: { type: 'string', description: 'W3C trace context.' },
    },
  };
}

function keyRule(kind: string, type: string): string {
  if (type === 'HELLO') return 'the name of the participant';
  if (kind === 'outcomes') return 'gtx:attempt';
  return kind === 'dead-letters' ? 'the key of the refused record' : 'gtx';
}
