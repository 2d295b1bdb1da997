import { GARBAGE_OPTIONS, GarbageCollector } from '#coordination';
import type { Bus } from '#messaging';
import type { Clock, Log } from '#observability';
import { DriverProcess, busOf, loadConfig, observabilityOf } from '#service';
import type { Config, Environment, ObservabilityOptions } from '#service';
import { startHttpApp } from '#service/nest';
import { CoordinatorModule } from './coordinator.module.js';
import { DESCRIPTION } from './description.js';
import { ledgerProblem } from './http/ledger-problem.js';

export interface CoordinatorOptions {
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

/** Callers that wait for an outcome are let go after this share of the drain, with the state of then. */
const WAITERS_SHARE = 0.5;

/**
 * Starts a coordinator in this process. Resolves when HTTP answers; database and broker may still be away (`/health/ready` says
 * so). Throws ConfigError, or when the port is taken.
 */
export async function startCoordinator(options: CoordinatorOptions = {}): Promise<RunningApp> {
  const { env = process.env, bus, observability: observing = {} } = options;
  const loaded = loadConfig('coordinator', env, { embeddedBroker: bus !== undefined });
  const config: Config = { ...loaded, ...options.config };
  const observability = observabilityOf(config, observing);
  const driver = new DriverProcess(config, bus ?? busOf(config, observability.log), observability);
  const { retentionMs } = driver.options;
  driver.accompany(new GarbageCollector(driver.deps, { ...GARBAGE_OPTIONS, retentionMs }));
  try {
    const http = await startHttpApp(CoordinatorModule.over(driver), {
      config,
      observability,
      description: DESCRIPTION,
      checks: driver.checks,
      problemOf: ledgerProblem,
      onStopping: () => releaseWaiters(driver, observability.clock),
      stopHooks: [{ name: 'driver', stop: () => driver.close() }],
    });
    driver.open(http.url);
    return { url: http.url, log: observability.log, stop: http.stop };
  } catch (error) {
    await driver.close();
    throw error;
  }
}

/** Whoever waits gets a fair share of the drain to see the end; then the present state, so that no request is cut. */
function releaseWaiters({ engine, config }: DriverProcess, clock: Clock): void {
  clock.after(config.drainTimeoutMs * WAITERS_SHARE, () => engine.waiters.releaseAll());
}
