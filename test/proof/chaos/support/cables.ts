import { startTcpProxy } from '#stack';
import type { Cluster, Direction, TcpProxy } from '#stack';

/** What lies between parts and can be made deaf in one direction. */
export interface Cable {
  /** Bytes that vanished so far. */
  readonly lostBytes: number;
  drop(direction: Direction): void;
  heal(): void;
}

/** Several as one: cut and healed together. */
export const bundle = (cables: readonly Cable[]): Cable => ({
  get lostBytes() {
    return cables.reduce((sum, cable) => sum + cable.lostBytes, 0);
  },
  drop: (direction) => cables.forEach((cable) => cable.drop(direction)),
  heal: () => cables.forEach((cable) => cable.heal()),
});

/** A cable before one app that listens to HTTP. */
export interface Counter {
  /** Whom it leads to. */
  readonly app: string;
  readonly url: string;
  readonly cable: TcpProxy;
}

/** Cables to apps that are not started yet: until they are {@link connect}ed they refuse. */
export const countersFor = (apps: readonly string[]): Promise<readonly Counter[]> =>
  Promise.all(
    apps.map(async (app) => {
      const cable = await startTcpProxy(0);
      return { app, url: `http://127.0.0.1:${cable.port}`, cable };
    }),
  );

export function connect(counters: readonly Counter[], { urls }: Cluster): void {
  for (const { app, cable } of counters) cable.aim(Number(new URL(urls[app]!).port));
}

export const hangUp = async (counters: readonly Counter[]): Promise<void> => {
  await Promise.all(counters.map(({ cable }) => cable.close()));
};
