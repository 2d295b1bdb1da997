import { DeadParticipants, Ticker } from '#coordination';
import { createPostgresBranchStore } from '#persistence';
import type { Companion, DriverProcess } from '#service';
import { UnresolvedWalk } from './unresolved-walk.js';
import { WatchedDatabase, type DatabaseStatus } from './watched-database.js';

/** Branches ended at once in one database (DeadParticipants), each with a connection. */
const CONNECTIONS = 8;
/** How often a database whose participant lives is looked at, for status and gauges. */
const LOOK_MS = 5_000;

/** Sweeps the databases of participants that are down, every scan interval, beside the engine and never in its way. */
export class DeadParticipantSweep implements Companion {
  private readonly databases: readonly WatchedDatabase[];
  private readonly dead: DeadParticipants;
  private readonly tickers: readonly Ticker[];

  constructor(driver: DriverProcess) {
    const { deps, options, engine, admin, config } = driver;
    const { clock, log } = deps;
    this.databases = openDatabases(driver);
    const walk = new UnresolvedWalk(admin);
    const hooks = { submit: engine.submit.bind(engine) };
    const unresolved = walk.next.bind(walk);
    this.dead = new DeadParticipants(deps, options, engine.registry, this.databases, hooks, unresolved);
    this.tickers = [
      new Ticker(clock, log, {
        name: 'sweep of participants that are down',
        delayMs: () => config.scanIntervalMs,
        run: () => this.dead.sweep(),
      }),
      new Ticker(clock, log, {
        name: 'look at participant databases',
        delayMs: () => LOOK_MS,
        run: () => this.look(),
      }),
    ];
  }

  get status(): readonly DatabaseStatus[] {
    return this.databases.map((database) => database.status);
  }

  start(): void {
    if (this.databases.length === 0) return;
    void this.look();
    for (const ticker of this.tickers) ticker.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.tickers.map((ticker) => ticker.stop()));
    await this.dead.idle();
    await Promise.all(this.databases.map((database) => database.close()));
  }

  private async look(): Promise<void> {
    await Promise.all(this.databases.map((database) => database.look()));
  }
}

function openDatabases({ config, deps }: DriverProcess): readonly WatchedDatabase[] {
  const ledgerEpoch = async (): Promise<number> => (await deps.ledger.state()).epoch;
  return Object.entries(config.participantDatabases).map(([participant, url]) => {
    const log = deps.log.child({ participant });
    const store = createPostgresBranchStore({ participant, url, log, maxConnections: CONNECTIONS });
    const { clock, metrics } = deps;
    return new WatchedDatabase(participant, store, { clock, log, metrics, ledgerEpoch });
  });
}
