import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';

import type { Addresses } from './addresses.js';
import type { Healthcheck } from './file.js';

/** Where a health check runs: in the "container" of its service. */
export interface CheckContext {
  readonly service: string;
  readonly addresses: Addresses;
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Ends the wait for a passing check. */
  readonly signal: AbortSignal;
}

const option = (args: readonly string[], ...names: string[]): string => {
  const at = args.findIndex((arg) => names.includes(arg));
  const value = args[at + 1];
  if (at < 0 || value === undefined)
    throw new Error(`${names.join(' or ')} is missing in: ${args.join(' ')}`);
  return value;
};

function runNode(
  args: readonly string[],
  { environment, cwd }: CheckContext,
  timeoutMs: number,
): Promise<boolean> {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { PATH: process.env['PATH'], ...environment },
    stdio: 'ignore',
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code === 0));
  });
}

/** What kafka-broker-api-versions.sh asks: does a broker answer there? */
async function askKafka(args: readonly string[], { service, addresses }: CheckContext): Promise<boolean> {
  const broker = addresses.rewrite(service, option(args, '--bootstrap-server'));
  const admin = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING, retry: { retries: 0 } }).admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).brokers.length > 0;
  } catch (error) {
    if ((error as { name?: string }).name?.startsWith('KafkaJS') === true) return false;
    throw error;
  } finally {
    await admin.disconnect();
  }
}

/** What pg_isready asks, with the password it does not need. */
async function askPostgres(args: readonly string[], context: CheckContext): Promise<boolean> {
  const address = `${option(args, '-h')}:${option(args, '-p')}`;
  const [host = '', port] = context.addresses.rewrite(context.service, address).split(':');
  const client = new pg.Client({
    host,
    port: Number(port),
    user: option(args, '-U'),
    database: option(args, '-d'),
    password: context.environment['POSTGRES_PASSWORD'],
  });
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch (error) {
    if (['ECONNREFUSED', '57P03'].includes((error as { code?: string }).code ?? '')) return false;
    throw error;
  } finally {
    await client.end();
  }
}

/** Runs a health check once. A program that is not known here fails the test. */
export function check({ test, timeout }: Healthcheck, context: CheckContext): Promise<boolean> {
  const [, program, ...args] = test;
  if (program === 'node') return runNode(args, context, timeout);
  if (program === '/opt/kafka/bin/kafka-broker-api-versions.sh') return askKafka(args, context);
  if (program === 'pg_isready') return askPostgres(args, context);
  throw new Error(`health check of ${context.service}: unknown program ${program}`);
}

/**
 * Runs the check until it passes, as long as a container engine would wait: failures within the start period do
 * not count, then `retries` in a row mean unhealthy. Looks more often than the engine, to lose no time.
 */
export async function untilHealthy(healthcheck: Healthcheck, context: CheckContext): Promise<void> {
  const { start_period: startMs, retries, interval } = healthcheck;
  const deadline = performance.now() + startMs + retries * interval;
  while (!(await check(healthcheck, context))) {
    if (performance.now() > deadline) throw new Error(`${context.service} did not become healthy in time`);
    await sleep(Math.min(interval, 250), undefined, { signal: context.signal });
  }
}
