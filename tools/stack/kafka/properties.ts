import path from 'node:path';

import type { Plug } from './link.js';

/** One member of the KRaft cluster: broker and controller in one process. */
export interface Node {
  /** `node.id`, from 1. */
  id: number;
  /** Where its properties, data and log live. */
  directory: string;
  clientPort: number;
  /** Where the quorum reaches it. */
  controller: Plug;
  /** Further listeners for clients, each with a proxy before it. */
  links: readonly Plug[];
  /** Which link the brokers take to each other; undefined: none, they go straight. */
  backbone?: number | undefined;
}

const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

/** Copies of every internal topic: all that a cluster of this size can keep, at most three. */
const copies = (nodes: readonly Node[]): number => Math.min(3, nodes.length);

/** The client listener and the one of each link, `advertised` as clients are told to come back. */
const clientListeners = (node: Node, advertised: boolean): string =>
  [
    `PLAINTEXT://127.0.0.1:${node.clientPort}`,
    ...node.links.map(
      ({ listenerPort, advertisedPort }, index) =>
        `LINK${index}://127.0.0.1:${advertised ? advertisedPort : listenerPort}`,
    ),
  ].join(',');

const protocols = (node: Node): string =>
  ['PLAINTEXT', 'CONTROLLER', ...node.links.map((_, index) => `LINK${index}`)]
    .map((name) => `${name}:PLAINTEXT`)
    .join(',');

const roles = (node: Node, nodes: readonly Node[]): Record<string, string | number> => ({
  'process.roles': 'broker,controller',
  'node.id': node.id,
  'controller.quorum.voters': nodes
    .map(({ id, controller }) => `${id}@127.0.0.1:${controller.advertisedPort}`)
    .join(','),
  'controller.listener.names': 'CONTROLLER',
  listeners: `${clientListeners(node, false)},CONTROLLER://127.0.0.1:${node.controller.listenerPort}`,
  'advertised.listeners': `${clientListeners(node, true)},CONTROLLER://127.0.0.1:${node.controller.advertisedPort}`,
  'listener.security.protocol.map': protocols(node),
  'inter.broker.listener.name': node.backbone === undefined ? 'PLAINTEXT' : `LINK${node.backbone}`,
  'log.dirs': path.join(node.directory, 'data'),
});

const topics = (nodes: readonly Node[]): Record<string, string | number> => ({
  'auto.create.topics.enable': 'false',
  'message.max.bytes': MAX_MESSAGE_BYTES,
  'replica.fetch.max.bytes': MAX_MESSAGE_BYTES,
  'default.replication.factor': copies(nodes),
  'min.insync.replicas': Math.max(1, copies(nodes) - 1),
  'offsets.topic.replication.factor': copies(nodes),
  'offsets.topic.num.partitions': 8,
  'transaction.state.log.replication.factor': copies(nodes),
  'transaction.state.log.min.isr': Math.max(1, copies(nodes) - 1),
  'transaction.state.log.num.partitions': 4,
  'share.coordinator.state.topic.replication.factor': copies(nodes),
  'share.coordinator.state.topic.min.isr': Math.max(1, copies(nodes) - 1),
});

/** A killed broker is out of the cluster, and may come back, after seconds; a new group does not wait for members. */
const QUICK = {
  'group.initial.rebalance.delay.ms': 0,
  'broker.session.timeout.ms': 3_000,
  'broker.heartbeat.interval.ms': 500,
} as const;

/** Two cores and half a gigabyte are enough for a broker that serves one machine. */
const SMALL = {
  'num.network.threads': 2,
  'num.io.threads': 4,
  'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
} as const;

/** The text of server.properties. `settings` wins over everything here. */
export function serverProperties(
  node: Node,
  nodes: readonly Node[],
  settings: Record<string, string>,
): string {
  const all = { ...roles(node, nodes), ...topics(nodes), ...QUICK, ...SMALL, ...settings };
  return `${Object.entries(all)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')}\n`;
}
