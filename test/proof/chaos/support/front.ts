import { startTcpProxy } from '#stack';
import type { Direction, Postgres, Standby, TcpProxy } from '#stack';

/** The way most apps go. */
const MAIN = 'main';

/** A database server behind cables: what the apps call its address stays the same when another server takes over. */
export class Front {
  private constructor(
    private running: Postgres,
    private readonly cables: ReadonlyMap<string, TcpProxy>,
  ) {}

  /** @param sides names of further cables, for apps that are to be cut off alone */
  static async before(server: Postgres, sides: readonly string[] = []): Promise<Front> {
    const names = [MAIN, ...sides];
    const cables = await Promise.all(
      names.map(async (name) => [name, await startTcpProxy(server.port)] as const),
    );
    return new Front(server, new Map(cables));
  }

  get server(): Postgres {
    return this.running;
  }

  cable(name: string = MAIN): TcpProxy {
    const found = this.cables.get(name);
    if (!found) throw new Error(`no cable ${name}`);
    return found;
  }

  url(database: string, role = database, side = MAIN): string {
    return this.running.url(database, role).replace(`:${this.running.port}/`, `:${this.cable(side).port}/`);
  }

  /** The server dies; its standby takes over. Resolves when clients are led to it. */
  async failOver(standby: Standby): Promise<void> {
    await this.running.kill9();
    await standby.promote();
    await this.running.stop();
    this.running = standby;
    for (const cable of this.cables.values()) cable.aim(standby.port);
  }

  get lostBytes(): number {
    return [...this.cables.values()].reduce((sum, cable) => sum + cable.lostBytes, 0);
  }

  /** Nobody's bytes pass in this direction. */
  drop(direction: Direction): void {
    for (const cable of this.cables.values()) cable.drop(direction);
  }

  heal(): void {
    for (const cable of this.cables.values()) cable.heal();
  }

  async close(): Promise<void> {
    await Promise.all([...this.cables.values()].map((cable) => cable.close()));
    await this.running.stop('immediate');
  }
}
