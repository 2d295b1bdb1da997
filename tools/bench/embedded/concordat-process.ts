/* An embedded installation: coordinator, participants and client in one process, records by the broker inside. */
import { createEmbeddedBroker } from '#messaging';
import { DriverProcess, loadConfig, observabilityOf } from '#service';
import { beginRequestSchema } from '#wire';
import { openBank, type OpenBank } from '../concordat/open-bank.js';
import { requestSource, type TransferRequest } from '../concordat/transfer-request.js';
import type { Workload } from '../contenders/contender.js';
import { closedLoop, Ending, type Edge } from '../load/closed-loop.js';
import { serve, tell } from '../processes/serve.js';
import type { EmbeddedSetup } from './floor-process.js';

const PREFIX = 'embedded';
const WAIT_MS = 60_000;
const BEGUN_BY_NOBODY = { idempotencyKey: null, initiator: null, traceparent: null };

let driver: DriverProcess | undefined;
const banks: OpenBank[] = [];

async function start({ ledgerUrl, banks: urls }: EmbeddedSetup): Promise<void> {
  const broker = createEmbeddedBroker();
  const env = { DATABASE_URL: ledgerUrl, CONCORDAT_TOPIC_PREFIX: PREFIX };
  const config = loadConfig('coordinator', env, { embeddedBroker: true });
  driver = new DriverProcess(config, broker.connect('coordinator'), observabilityOf(config));
  for (const [name, databaseUrl] of Object.entries(urls)) {
    const { partitions } = config;
    const plan = {
      name,
      style: 'tcc' as const,
      topicPrefix: PREFIX,
      partitions,
      databaseUrl,
      coordinatorUrls: [],
    };
    banks.push(await openBank(plan, broker.connect(name), { delayMs: 0 }));
  }
  driver.open('http://127.0.0.1');
}

async function health(): Promise<boolean> {
  const all = await Promise.all(banks.map(({ participant }) => participant.health()));
  return driver?.hindrance === null && driver.engine.subscribed && all.every(({ ok }) => ok);
}

async function submit({ engine }: DriverProcess, request: object): Promise<Ending> {
  const accepted = await engine.desk.submit({
    ...BEGUN_BY_NOBODY,
    request: beginRequestSchema.parse(request),
  });
  const reached = await engine.awaitStage(accepted.stored, 'applied', WAIT_MS);
  return reached?.tx.state === 'COMMITTED' ? Ending.Committed : Ending.Late;
}

async function drive(order: Workload & TransferRequest): Promise<unknown> {
  const running = driver;
  if (running === undefined) throw new Error('drive before start');
  const next = requestSource(order);
  return closedLoop(
    order,
    () => submit(running, next()),
    (edge) => tell<Edge>(edge),
  );
}

async function stop(): Promise<void> {
  await driver?.close();
  await Promise.all(banks.map((bank) => bank.stop()));
}

serve({ start, health, drive, stop });
