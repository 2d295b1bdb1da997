import { freePort } from '#stack';
import type { AppService, ComposeFile, KafkaService } from './file.js';

/*
 * In the compose network every service has a host name and keeps its port; here all of them share one loopback
 * address. So each `service:port` gets a free port of its own, and every text that names one is rewritten.
 */

const POSTGRES_PORT = 5432;

/** `INSIDE://:19092,OUTSIDE://:9092` → ports by listener */
export function listenerPorts(service: KafkaService): Map<string, number> {
  const listeners = (service.environment['KAFKA_LISTENERS'] ?? '').split(',');
  return new Map(
    listeners.map((listener) => {
      const [, name, port] = /^([A-Z]+):\/\/:(\d+)$/.exec(listener) ?? [];
      if (name === undefined) throw new Error(`KAFKA_LISTENERS: "${listener}" is not understood`);
      return [name, Number(port)];
    }),
  );
}

const portOfApp = (name: string, service: AppService): number => {
  const port = Number(service.environment['PORT']);
  if (!Number.isInteger(port)) throw new Error(`${name}: PORT is missing`);
  return port;
};

/** The container ports on which something listens, by service. */
function listening(file: ComposeFile): ReadonlyMap<string, readonly number[]> {
  const apps = [...file.apps].map(([name, app]) => [name, [portOfApp(name, app)]] as const);
  return new Map<string, readonly number[]>([
    ['kafka', [...listenerPorts(file.kafka).values()]],
    ['postgres', [POSTGRES_PORT]],
    ...apps,
  ]);
}

/** Local ports by `service:port`. */
export class Addresses {
  private constructor(private readonly local: ReadonlyMap<string, number>) {}

  static async of(file: ComposeFile): Promise<Addresses> {
    const all = [...listening(file)].flatMap(([service, ports]) => ports.map((port) => `${service}:${port}`));
    const local = new Map<string, number>();
    for (const address of all) local.set(address, await freePort());
    return new Addresses(local);
  }

  /** @throws when nothing listens there */
  port(service: string, containerPort: number): number {
    const found = this.local.get(`${service}:${containerPort}`);
    if (found === undefined) throw new Error(`nothing listens on ${service}:${containerPort}`);
    return found;
  }

  /** The text with every `service:port` replaced; `localhost` and 127.0.0.1 mean the service `self`. */
  rewrite(self: string, text: string): string {
    const hosts = [...new Set([...this.local.keys()].map((address) => address.split(':')[0] ?? ''))];
    const own = ['localhost', '127.0.0.1'];
    const names = [...hosts, ...own].map((name) => name.replaceAll('.', '\\.')).join('|');
    return text.replaceAll(
      new RegExp(`(?<![\\w.-])(${names}):(\\d+)`, 'g'),
      (_, host: string, port: string) => {
        return `127.0.0.1:${this.port(own.includes(host) ? self : host, Number(port))}`;
      },
    );
  }

  rewriteAll(self: string, environment: Readonly<Record<string, string>>): Record<string, string> {
    const entries = Object.entries(environment).map(([name, value]) => [name, this.rewrite(self, value)]);
    return Object.fromEntries(entries) as Record<string, string>;
  }
}

/** Published ports that lead to a port on which the service does not listen, or that are published twice. */
export function portFaults(file: ComposeFile): string[] {
  const open = listening(file);
  const all = [['kafka', file.kafka], ['postgres', file.postgres], ...file.apps] as const;
  const published = all.flatMap(([name, { ports }]) => ports.map((port) => ({ name, ...port })));
  const numbers = published.map((port) => port.published);
  return published
    .filter(
      ({ name, container, published: number }) =>
        open.get(name)?.includes(container) !== true ||
        numbers.indexOf(number) !== numbers.lastIndexOf(number),
    )
    .map(({ name, container, published: number }) => `${name} ${number}:${container}`);
}
