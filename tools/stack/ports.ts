import { createServer } from 'node:net';

import { StackError } from './errors.js';

/**
 * Ports are drawn below the range from which operating systems take the local ends of outgoing
 * connections (Linux: 32768 and up). A port out of that range could be taken by any client between
 * the kill and the restart of a server, and a client polling a dead server there can connect to itself.
 */
const FIRST_PORT = 15_000;
const LAST_PORT = 32_000;

/** Given out by this process already: two callers must not get one port before the first has bound it. */
const given = new Set<number>();

/** True when nothing listens on `port` of the loopback address. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

const draw = (): number => FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));

/** A port of 127.0.0.1 on which nothing listens now; never the same one twice in one process. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = draw();
    if (given.has(port)) continue;
    given.add(port);
    if (await isPortFree(port)) return port;
  }
}

/** @throws StackError when something listens on `port` already */
export async function requireFree(port: number, purpose: string): Promise<void> {
  if (await isPortFree(port)) return;
  throw new StackError(`Port ${port}, meant for ${purpose}, is taken.`, 'Free it or choose another one.');
}

/** `count` free ports, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort());
  return ports;
}
