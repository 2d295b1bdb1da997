import type { DynamicModule, INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Config } from '../config/config.js';
import { AllowedMethods } from '../http/allowed-methods.js';
import { isErrorLike } from '../http/error-like.js';
import type { ProblemOf } from '../http/problem-of.js';
import { Readiness, type ReadinessCheck } from '../http/readiness.js';
import type { AppObservability } from '../observability.js';
import { createAdapter } from './create-adapter.js';
import { FrameModule } from './frame.module.js';
import type { HttpDrain } from './http-drain.js';
import { nestLog } from './nest-log.js';
import { serveOpenApi } from './openapi.js';
import { ProblemFilter } from './problem.filter.js';
import { SchemaPipe } from './schema.pipe.js';
import { runStopHooks, type StopHook } from './stop-hooks.js';

export interface HttpAppOptions {
  readonly config: Pick<Config, 'app' | 'instanceId' | 'host' | 'port' | 'drainTimeoutMs'>;
  readonly observability: AppObservability;
  /** What `/docs` says the app is; markdown. */
  readonly description: string;
  /** What must be there before the app is ready. */
  readonly checks: readonly ReadinessCheck[];
  /** Problems that errors of the app's own stand for. */
  readonly problemOf?: ProblemOf;
  /** Called first of all when the app stops, before it drains: end what keeps requests waiting (`wait=decided`). */
  readonly onStopping?: () => void;
  /** Run one after the other when no request is under way any more. */
  readonly stopHooks?: readonly StopHook[];
  /** More requests than this at once are answered 429. Default 4096. */
  readonly maxInFlight?: number;
}

export interface HttpApp {
  readonly app: INestApplication;
  /** `http://127.0.0.1:7300`, with the port that was really taken. */
  readonly url: string;
  /** Not ready → no new connections → requests under way end → stop hooks → closed. Idempotent; rejects if a part failed. */
  stop(): Promise<void>;
}

const MAX_IN_FLIGHT = 4096;

/**
 * Serves `module` over HTTP in the frame every app shares: limits, problem+json, zod schemas, health, metrics, OpenAPI, draining.
 * Throws when the port is taken. It installs no signal handler (several apps may share a process): see guardProcess.
 */
export async function startHttpApp(module: Type | DynamicModule, options: HttpAppOptions): Promise<HttpApp> {
  const { config, observability, checks } = options;
  const methods = new AllowedMethods();
  const { adapter, drain } = createAdapter(methods, observability, options.maxInFlight ?? MAX_IN_FLIGHT);
  const readiness = new Readiness(checks, observability.clock);
  const identity = { app: config.app, instance: config.instanceId };
  const app = await NestFactory.create<NestFastifyApplication>(
    FrameModule.around(module, identity, readiness, observability),
    adapter,
    { bodyParser: false, abortOnError: false, logger: nestLog(observability.log) },
  );
  app.useGlobalFilters(new ProblemFilter(observability, methods, options.problemOf));
  app.useGlobalPipes(new SchemaPipe());
  serveOpenApi(app, { title: `Concordat ${config.app}`, description: options.description });
  const url = await listen(app, config);
  observability.log.info({ url }, 'listens');
  let stopped: Promise<void> | null = null;
  return { app, url, stop: () => (stopped ??= stop(app, drain, readiness, options)) };
}

async function listen(
  app: NestFastifyApplication,
  { host, port }: HttpAppOptions['config'],
): Promise<string> {
  try {
    await app.listen(port, host);
  } catch (error) {
    await app.close();
    const taken = isErrorLike(error) && error.code === 'EADDRINUSE';
    throw taken
      ? new Error(`port ${port} of ${host} is taken; choose another with PORT`, { cause: error })
      : error;
  }
  const address = app.getHttpServer().address();
  const taken = typeof address === 'object' && address !== null ? address.port : port;
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${taken}`;
}

async function stop(
  app: INestApplication,
  drain: HttpDrain,
  readiness: Readiness,
  options: HttpAppOptions,
): Promise<void> {
  const { drainTimeoutMs } = options.config;
  const { log, clock } = options.observability;
  readiness.stop();
  options.onStopping?.();
  const cut = await drain.close(drainTimeoutMs);
  if (cut > 0)
    log.warn({ cut, drainTimeoutMs }, 'requests were cut: they took longer than the drain timeout');
  const hooks = [...(options.stopHooks ?? []), { name: 'nest', stop: () => app.close() }];
  await runStopHooks(hooks, { clock, log, timeoutMs: drainTimeoutMs });
}
