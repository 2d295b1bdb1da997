import { stringify } from 'yaml';
import { TOPIC_RETENTION_MS, WIRE_VERSION } from '#wire';
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
      messages: Object.fromEntries(CHANNELS.flatMap((channel) => messagesOf(channel, examples))),
    },
  };
  return stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
}

function channelOf({ kind, address, parameter, cleanup, description, schemas }: ChannelDoc): Yaml {
  const names = Object.keys(schemas).map((type) => messageName(kind, type));
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

function operationOf({ kind, action, description, schemas }: ChannelDoc): Yaml {
  const messages = Object.keys(schemas).map((type) =>
    ref(`channels/${kind}/messages/${messageName(kind, type)}`),
  );
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
