import type { Direction } from '../network/relay.js';
import { startTcpProxy, type TcpProxy } from '../network/tcp-proxy.js';
import { freePort } from '../ports.js';

/** One way to all brokers of a cluster, through one proxy per broker: whoever comes this way can be cut off alone. */
export class KafkaLink {
  readonly proxies: TcpProxy[] = [];

  /** For KAFKA_BROKERS of the app that goes this way. */
  get brokers(): string {
    return this.proxies.map(({ port }) => `127.0.0.1:${port}`).join(',');
  }

  /** Bytes that vanished so far. */
  get lostBytes(): number {
    return this.proxies.reduce((sum, proxy) => sum + proxy.lostBytes, 0);
  }

  /** Bytes in this direction vanish on the way to (or from) every broker. */
  drop(direction: Direction): void {
    for (const proxy of this.proxies) proxy.drop(direction);
  }

  heal(): void {
    for (const proxy of this.proxies) proxy.heal();
  }

  async close(): Promise<void> {
    await Promise.all(this.proxies.map((proxy) => proxy.close()));
  }
}

/** A listener of a broker and the port under which others come to it: another one where a proxy stands before it. */
export interface Plug {
  readonly listenerPort: number;
  readonly advertisedPort: number;
}

/** The links of a cluster while its brokers are laid out. */
export interface Cables {
  readonly links: readonly KafkaLink[];
  /** Before the controllers; undefined: they are reached straight. */
  readonly quorum: KafkaLink | undefined;
  /** Plugs in one more broker: starts the proxies before it, one of each link and of the quorum. */
  toBroker(): Promise<{ links: readonly Plug[]; controller: Plug }>;
}

async function layOne(link: KafkaLink): Promise<Plug> {
  const listenerPort = await freePort();
  const proxy = await startTcpProxy(listenerPort);
  link.proxies.push(proxy);
  return { listenerPort, advertisedPort: proxy.port };
}

async function straight(): Promise<Plug> {
  const port = await freePort();
  return { listenerPort: port, advertisedPort: port };
}

export function layCables(count: number, withQuorum: boolean): Cables {
  const links = Array.from({ length: count }, () => new KafkaLink());
  const quorum = withQuorum ? new KafkaLink() : undefined;
  const toBroker = async () => ({
    links: await Promise.all(links.map(layOne)),
    controller: await (quorum === undefined ? straight() : layOne(quorum)),
  });
  return { links, quorum, toBroker };
}
