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

/** The links of a cluster while its brokers are laid out. */
export interface Cables {
  readonly links: readonly KafkaLink[];
  /** Starts the proxies before one more broker, a link each. */
  toBroker(): Promise<{ listenerPort: number; advertisedPort: number }[]>;
}

export function layCables(count: number): Cables {
  const links = Array.from({ length: count }, () => new KafkaLink());
  const lay = async (link: KafkaLink) => {
    const listenerPort = await freePort();
    const proxy = await startTcpProxy(listenerPort);
    link.proxies.push(proxy);
    return { listenerPort, advertisedPort: proxy.port };
  };
  return { links, toBroker: () => Promise.all(links.map(lay)) };
}
