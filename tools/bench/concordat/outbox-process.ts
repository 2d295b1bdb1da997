/* An initiator of the bench: submits transfers by the outbox, each written and committed in its own database before it leaves over Kafka. */
import pg from 'pg';

import { createConcordatClient, type ConcordatClient } from '#client';
import { createKafkaBus } from '#messaging';
import { createLog } from '#observability';
import { createPostgresOutboxStore } from '#persistence';
import type { Workload } from '../contenders/contender.js';
import { closedLoop, type Edge, type Ending } from '../load/closed-loop.js';
import { serve, tell } from '../processes/serve.js';
import { requestSource, type TransferRequest } from './transfer-request.js';

export interface OutboxSetup {
  readonly name: string;
  readonly brokers: string;
  readonly topicPrefix: string;
  readonly partitions: number;
  readonly databaseUrl: string;
}

/** Local transactions at a time. */
const CONNECTIONS = 16;

const waiting = new Map<string, (ending: Ending) => void>();
/** Outcomes that came before the local commit was answered. */
const early = new Map<string, Ending>();

let client: ConcordatClient | undefined;
let pool: pg.Pool | undefined;
let stopInitiator = (): Promise<void> => Promise.resolve();

async function start({
  name,
  brokers,
  topicPrefix,
  partitions,
  databaseUrl: url,
}: OutboxSetup): Promise<void> {
  const log = createLog({ level: 'info', name, instance: name });
  const bus = createKafkaBus({ brokers: brokers.split(','), clientId: name, log });
  const outboxStore = createPostgresOutboxStore({ url, log });
  const made = createConcordatClient({ initiator: name, bus, outboxStore, topicPrefix, partitions, log });
  made.onOutcome(async (outcomes) => {
    for (const { gtx, outcome } of outcomes) settle(gtx, outcome);
  });
  made.start();
  client = made;
  pool = new pg.Pool({ connectionString: url, max: CONNECTIONS });
  stopInitiator = async () => {
    await made.stop();
    await bus.close();
    await outboxStore.close();
  };
}

function settle(gtx: string, ending: Ending): void {
  const resolve = waiting.get(gtx);
  if (resolve === undefined) early.set(gtx, ending);
  waiting.delete(gtx);
  resolve?.(ending);
}

function endingOf(gtx: string): Promise<Ending> {
  const known = early.get(gtx);
  early.delete(gtx);
  if (known !== undefined) return Promise.resolve(known);
  return new Promise((resolve) => waiting.set(gtx, resolve));
}

async function enqueue(request: object): Promise<string> {
  const session = await pool!.connect();
  try {
    await session.query('BEGIN');
    const gtx = await client!.outbox.enqueue(
      session,
      request as Parameters<ConcordatClient['outbox']['enqueue']>[1],
    );
    await session.query('COMMIT');
    return gtx;
  } finally {
    session.release();
  }
}

async function drive(order: Workload & TransferRequest): Promise<unknown> {
  const next = requestSource(order);
  const submit = async (): Promise<Ending> => endingOf(await enqueue(next()));
  return closedLoop(order, submit, (edge) => tell<Edge>(edge));
}

serve({ start, drive, health: async () => client?.isConnected() ?? false, stop: () => stopInitiator() });
