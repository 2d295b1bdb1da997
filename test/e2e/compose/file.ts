import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

/*
 * docker-compose.yml as these tests understand it. Every object is strict: a service, key or value that is not
 * known here fails, because then nobody would know whether the file still starts what it says.
 */

const UNIT_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000 };

/** `5s` → 5000 */
const durationMs = z
  .string()
  .regex(/^[1-9]\d*(ms|s|m)$/)
  .transform((text) => Number.parseInt(text, 10) * (UNIT_MS[text.replace(/^\d+/, '')] ?? Number.NaN));

/** Nothing asks who calls: only programs on the same machine may reach a service from outside. */
const port = z
  .string()
  .regex(/^127\.0\.0\.1:\d+:\d+$/, 'must be 127.0.0.1:<published>:<container>')
  .transform((text) => {
    const [, published, container] = text.split(':');
    return { published: Number(published), container: Number(container) };
  });

const healthcheck = z.strictObject({
  test: z.tuple([z.literal('CMD'), z.string()], z.string()),
  interval: durationMs,
  timeout: durationMs,
  retries: z.int().min(1),
  start_period: durationMs,
});

/** Values are strings: YAML and the two implementations of compose disagree about what `on` and `08` are. */
const environment = z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), z.string());

const everyService = {
  restart: z.literal('unless-stopped'),
  stop_grace_period: durationMs,
  environment,
  ports: z.array(port),
  healthcheck,
};

/** A tag that names one release; `latest` and `4` move. */
const release = (name: string) => z.string().regex(new RegExp(`^${name}:\\d+(\\.\\d+)+$`));

const kafka = z.strictObject({
  ...everyService,
  image: release('apache/kafka'),
  volumes: z.tuple([z.literal('kafka-data:/var/lib/kafka/data')]),
});

const initScript = z
  .string()
  .regex(/^\.\/\S+\.sql:\/docker-entrypoint-initdb\.d\/\S+\.sql:ro$/)
  .transform((text) => text.split(':')[0] ?? '');

const postgres = z.strictObject({
  ...everyService,
  image: release('postgres'),
  command: z.tuple([z.literal('postgres')], z.string()),
  volumes: z.tuple([z.literal('postgres-data:/var/lib/postgresql'), initScript]),
});

const app = z.strictObject({
  ...everyService,
  build: z.literal('.'),
  image: release('concordat'),
  command: z.tuple([z.literal('node'), z.literal('bin/concordat.mjs'), z.string()]),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.literal('service_healthy') })),
  // What a container may do; as local processes the services cannot show it.
  init: z.literal(true),
  read_only: z.literal(true),
  cap_drop: z.tuple([z.literal('ALL')]),
  security_opt: z.tuple([z.literal('no-new-privileges:true')]),
});

const composeFile = z
  .object({
    services: z.object({ kafka, postgres }).catchall(app),
    volumes: z.strictObject({ 'kafka-data': z.strictObject({}), 'postgres-data': z.strictObject({}) }),
  })
  .catchall(z.unknown());

export type KafkaService = z.output<typeof kafka>;
export type PostgresService = z.output<typeof postgres>;
export type AppService = z.output<typeof app>;
export type Healthcheck = z.output<typeof healthcheck>;
export interface ComposeFile {
  readonly kafka: KafkaService;
  readonly postgres: PostgresService;
  /** By service name, in the order of the file. */
  readonly apps: ReadonlyMap<string, AppService>;
}

/** Top-level keys that start with `x-` hold what services share; everything else must be known. */
function refuseUnknown(keys: readonly string[]): void {
  const unknown = keys.filter((key) => key !== 'services' && key !== 'volumes' && !key.startsWith('x-'));
  if (unknown.length > 0) throw new Error(`unknown top-level keys: ${unknown.join(', ')}`);
}

/** The text of a compose file. Throws when it holds anything these tests do not understand. */
export function readComposeFile(text: string): ComposeFile {
  if (text.includes('${')) throw new Error('variables are not substituted here');
  const parsed = composeFile.parse(parse(text, { merge: true }));
  refuseUnknown(Object.keys(parsed));
  const { kafka: broker, postgres: database, ...rest } = parsed.services;
  const apps = new Map(Object.entries(rest as Record<string, AppService>));
  return { kafka: broker, postgres: database, apps };
}

/** `ENV name=value` lines of the stage that becomes the image. */
export function imageEnvironment(dockerfile: string): Record<string, string> {
  const lastStage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
  const lines = [...lastStage.matchAll(/^ENV ([A-Z_]+)=(\S+)$/gm)];
  return Object.fromEntries(lines.map(([, name, value]) => [name ?? '', value ?? '']));
}

export function readText(root: string, relative: string): string {
  const file = path.join(root, relative);
  if (!existsSync(file)) throw new Error(`${relative} is missing`);
  return readFileSync(file, 'utf8');
}
