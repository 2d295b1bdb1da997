import type { Bus } from '#messaging';
import type { Log } from '#observability';
import { DriverProcess, busOf, loadConfig, observabilityOf } from '#service';
import type { Config, Environment, ObservabilityOptions } from '#service';
import { startHttpApp } from '#service/nest';
import { DeadParticipantSweep } from './participants/dead-participant-sweep.js';
import { WatchdogModule } from './watchdog.module.js';

export interface WatchdogOptions {
  /** Default `process.env`. */
  readonly env?: Environment;
  /** Replaces what the environment says. */
  readonly config?: Partial<Config>;
  /** A handle of the embedded broker; closed with the app. Default: Kafka. */
  readonly bus?: Bus;
  readonly observability?: ObservabilityOptions;
}

/** An app that runs. */
export interface RunningApp {
  readonly url: string;
  readonly log: Log;
  /** Drains and ends everything. Idempotent. */
  stop(): Promise<void>;
}

const DESCRIPTION = `
Recovers what is overdue or in doubt: transactions whose driver died or that nobody moved, deadlines, re-sends, and, where it was
given a participant's database, the prepared transactions of a participant that is down. Any number of watchdogs share the work.
\`GET /v1/status\` tells what it does; operators act through a coordinator.
`;

/**
 * Starts a watchdog in this process. Resolves when HTTP answers; database and broker may still be away (`/health/ready` says so).
 * Throws ConfigError, or when the port is taken.
 */
export async function startWatchdog(options: WatchdogOptions = {}): Promise<RunningApp> {
  const { env = process.env, bus, observability: observing = {} } = options;
  const loaded = loadConfig('watchdog', env, { embeddedBroker: bus !== undefined });
  const config: Config = { ...loaded, ...options.config };
  const observability = observabilityOf(config, observing);
  const driver = new DriverProcess(config, bus ?? busOf(config, observability.log), observability);
  const sweep = new DeadParticipantSweep(driver);
  driver.accompany(sweep);
  try {
    const http = await startHttpApp(WatchdogModule.over(driver, sweep), {
      config,
      observability,
      description: DESCRIPTION,
      checks: driver.checks,
      stopHooks: [{ name: 'driver', stop: () => driver.close() }],
    });
    driver.open(http.url);
    return { url: http.url, log: observability.log, stop: http.stop };
  } catch (error) {
    await driver.close();
    throw error;
  }
}
