import path from 'node:path';

import { freePort, startApp, type AppProcess } from '#stack';
import { profileFlags } from '../processes/profile.js';
import type { Site } from '../site.js';

export interface CoordinatorPlan {
  readonly topicPrefix: string;
  readonly databaseUrl: string;
  readonly partitions: number;
}

/** The real coordinator app, as `bin/concordat.mjs coordinator` starts it; the same name and port every time it is started. */
export class Coordinator {
  private app: AppProcess | undefined;
  private meantToEnd = false;
  private starts = 0;

  private constructor(
    private readonly site: Site,
    private readonly name: string,
    readonly port: number,
    private readonly plan: CoordinatorPlan,
  ) {}

  /** Resolves when it is ready. */
  static async start(site: Site, name: string, plan: CoordinatorPlan): Promise<Coordinator> {
    const coordinator = new Coordinator(site, name, await freePort(), plan);
    await coordinator.restart();
    return coordinator;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.app?.pid ?? 0;
  }

  /** After {@link kill}. Resolves when it is ready. */
  async restart(): Promise<void> {
    const { site, name } = this;
    this.starts += 1;
    const app = await startApp('coordinator', {
      env: this.environment(),
      logFile: path.join(site.logDir, `${name}.log`),
    });
    this.app = app;
    this.meantToEnd = false;
    void app.exited.then(() => {
      if (!this.meantToEnd) site.onDeath(new Error(`${name} ended; see its log`));
    });
    await app.ready();
  }

  async kill(): Promise<void> {
    this.meantToEnd = true;
    await this.app?.kill9();
  }

  async stop(): Promise<void> {
    this.meantToEnd = true;
    await this.app?.stop();
  }

  private environment(): Record<string, string | undefined> {
    const { site, name, port, plan } = this;
    const profiling =
      site.profileDir === undefined ? undefined : profileFlags(site.profileDir, name).join(' ');
    return {
      PORT: String(port),
      DATABASE_URL: plan.databaseUrl,
      KAFKA_BROKERS: site.kafka.brokers,
      // As by default (host and pid): a new process is a new instance.
      CONCORDAT_INSTANCE_ID: `${name}.${this.starts}`,
      CONCORDAT_TOPIC_PREFIX: plan.topicPrefix,
      CONCORDAT_PARTITIONS: String(plan.partitions),
      NODE_OPTIONS: profiling,
    };
  }
}
