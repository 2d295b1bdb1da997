import path from 'node:path';

import { startApp, type AppProcess, type Exit, type Kafka, type Postgres } from '#stack';
import { Addresses } from './addresses.js';
import { imageEnvironment, readText, type AppService, type ComposeFile } from './file.js';
import { untilHealthy, type CheckContext } from './health.js';
import { startKafkaService } from './kafka.js';
import { startPostgresService } from './postgres.js';

interface Plan {
  readonly file: ComposeFile;
  readonly addresses: Addresses;
  /** The repository: what is /app in the image. */
  readonly root: string;
  readonly dir: string;
  readonly image: Record<string, string>;
}

/** Every service of the compose file as a local process, started in the order of `depends_on`. */
export class ComposeSystem {
  private readonly running = new Map<string, AppProcess>();
  private readonly ending = new AbortController();
  private starting: Promise<unknown> = Promise.resolve();
  private kafka: Kafka | undefined;
  private postgres: Postgres | undefined;

  private constructor(private readonly plan: Plan) {}

  static async of(file: ComposeFile, { root, dir }: { root: string; dir: string }): Promise<ComposeSystem> {
    const image = imageEnvironment(readText(root, 'Dockerfile'));
    return new ComposeSystem({ file, root, dir, image, addresses: await Addresses.of(file) });
  }

  /** Base URL of an app service. */
  url(service: string): string {
    return `http://127.0.0.1:${this.portOf(service)}`;
  }

  /** Starts everything; resolves when every health check has passed. */
  async up(): Promise<void> {
    const { file } = this.plan;
    const healthy = new Map<string, Promise<void>>();
    healthy.set('kafka', this.upKafka());
    healthy.set('postgres', this.upPostgres());
    for (const [name, service] of file.apps) {
      const needed = Object.keys(service.depends_on).map(
        (needs) => healthy.get(needs) ?? unknown(name, needs),
      );
      healthy.set(
        name,
        Promise.all(needed).then(() => this.upApp(name, service)),
      );
    }
    this.starting = Promise.allSettled(healthy.values());
    await Promise.all(healthy.values());
  }

  /** SIGTERM to all apps at once, as `compose stop` does; how each ended within its grace period. */
  async stopApps(): Promise<Record<string, Exit>> {
    const ends = [...this.running].map(async ([name, app]) => {
      const graceMs = this.plan.file.apps.get(name)?.stop_grace_period;
      return [name, await app.stop(graceMs)] as const;
    });
    return Object.fromEntries(await Promise.all(ends));
  }

  /** Ends what still runs, also in the middle of a start that failed. */
  async down(): Promise<void> {
    this.ending.abort();
    await this.starting;
    await this.stopApps();
    await this.kafka?.stop();
    await this.postgres?.stop();
  }

  private async upKafka(): Promise<void> {
    const { file, addresses, dir } = this.plan;
    this.kafka = await startKafkaService(file.kafka, addresses, path.join(dir, 'kafka'));
    await untilHealthy(file.kafka.healthcheck, this.context('kafka', file.kafka.environment));
  }

  private async upPostgres(): Promise<void> {
    const { file, addresses, dir, root } = this.plan;
    const dataDir = path.join(dir, 'postgres');
    this.postgres = await startPostgresService(file.postgres, addresses, { root, dataDir });
    await untilHealthy(file.postgres.healthcheck, this.context('postgres', file.postgres.environment));
  }

  private async upApp(name: string, service: AppService): Promise<void> {
    this.ending.signal.throwIfAborted();
    const { root, dir, addresses, image } = this.plan;
    const [, script, ...args] = service.command;
    const env = {
      ...image,
      ...addresses.rewriteAll(name, service.environment),
      PORT: String(this.portOf(name)),
    };
    const [app, ...rest] = args;
    const logFile = path.join(dir, `${name}.log`);
    const options = { env, args: rest, cwd: root, logFile, script: path.join(root, script) };
    this.running.set(name, await startApp(app, options));
    await this.healthy(name, service, env);
  }

  /** An app that ends before it is healthy says why in its log. */
  private async healthy(name: string, service: AppService, env: Record<string, string>): Promise<void> {
    const app = this.running.get(name);
    const ended = app?.exited.then(({ code, signal }) => {
      throw new Error(`${name} ended (${signal ?? code}) before it was healthy:\n${app.logTail()}`);
    });
    const checked = untilHealthy(service.healthcheck, this.context(name, env)).catch((error: unknown) => {
      throw new Error(`${(error as Error).message}\n${app?.logTail()}`);
    });
    // Its end after this start is expected: `stopApps` asks for it.
    ended?.catch(() => undefined);
    await Promise.race([checked, ended]);
  }

  private context(service: string, environment: Readonly<Record<string, string>>): CheckContext {
    const { addresses, root } = this.plan;
    return { service, environment, addresses, cwd: root, signal: this.ending.signal };
  }

  private portOf(service: string): number {
    const container = Number(this.plan.file.apps.get(service)?.environment['PORT']);
    return this.plan.addresses.port(service, container);
  }
}

function unknown(service: string, needs: string): never {
  throw new Error(`${service} depends on ${needs}, which does not stand above it`);
}
