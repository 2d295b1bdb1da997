import type { DynamicModule } from '@nestjs/common';
import { CONCORDAT_CLIENT } from '#client/nest';
import type { ConcordatClient } from '#client';
import type { Bus } from '#messaging';
import type { Log } from '#observability';
import { ParticipantHost } from '#participant/nest';
import type { SchemaSet } from '#persistence';
import { busOf } from '../bus-of.js';
import { type AppName, type Config, type Environment, loadConfig } from '../config/config.js';
import type { ReadinessCheck } from '../http/readiness.js';
import { observabilityOf, type ObservabilityOptions } from '../observability.js';
import { ParticipantProcess } from '../participant/participant-process.js';
import { type HttpApp, startHttpApp } from './start-http-app.js';

/** What tells one participant app from another. */
export interface ParticipantApp {
  readonly app: AppName;
  /** What `/docs` says; markdown. */
  readonly description: string;
  readonly schema: SchemaSet;
  /** It has an outbox: `module` imports ConcordatClientModule. */
  readonly initiates: boolean;
  readonly module: (process: ParticipantProcess) => DynamicModule;
}

export interface ParticipantAppOptions {
  /** Default `process.env`. */
  readonly env?: Environment;
  /** Replaces what the environment says. */
  readonly config?: Partial<Config>;
  /** A handle of the embedded broker; closed with the app. Default: Kafka. */
  readonly bus?: Bus;
  readonly observability?: ObservabilityOptions;
}

/** An app that runs. */
export interface RunningParticipantApp {
  readonly url: string;
  readonly log: Log;
  /** Drains and ends everything. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts a participant in this process: waits for its database, migrates it, then serves. Resolves when HTTP answers; the broker
 * may still be away (`/health/ready` says so). Throws ConfigError, ParticipantError (settings of the database), or when the port
 * is taken.
 */
export async function startParticipantApp(
  definition: ParticipantApp,
  options: ParticipantAppOptions = {},
): Promise<RunningParticipantApp> {
  const { env = process.env, bus } = options;
  const loaded = loadConfig(definition.app, env, { embeddedBroker: bus !== undefined });
  const config: Config = { ...loaded, ...options.config };
  const observability = observabilityOf(config, options.observability ?? {});
  const { log } = observability;
  const parts = new ParticipantProcess(config, bus ?? busOf(config, log), observability, definition.schema);
  try {
    await parts.migrate();
    const http = await serve(definition, parts);
    let stopped: Promise<void> | null = null;
    return { url: http.url, log, stop: () => (stopped ??= http.stop().finally(() => parts.close())) };
  } catch (error) {
    await parts.close();
    throw error;
  }
}

async function serve(
  { module, description, initiates }: ParticipantApp,
  parts: ParticipantProcess,
): Promise<HttpApp> {
  const { config, observability } = parts;
  let app: HttpApp['app'] | null = null;
  const topics: ReadinessCheck = { name: 'topics', check: () => assertListening(app, initiates) };
  const checks = [...parts.checks, topics];
  const http = await startHttpApp(module(parts), { config, observability, description, checks });
  app = http.app;
  return http;
}

/** The participant takes commands, and where there is an outbox its answers are read. */
async function assertListening(app: HttpApp['app'] | null, initiates: boolean): Promise<void> {
  if (app === null) throw new Error('starting');
  const { ok, detail } = await app.get(ParticipantHost, { strict: false }).health();
  if (!ok) throw new Error(detail);
  if (!initiates) return;
  const client = app.get<ConcordatClient>(CONCORDAT_CLIENT, { strict: false });
  if (!client.isConnected()) throw new Error('the answers to the outbox are not read yet');
}
