/* DBOS Transact: the same transfer as a durable workflow of two steps, each a local commit in another database. */
import { createRequire } from 'node:module';
import path from 'node:path';

import pg from 'pg';

import type { Workload } from '../contenders/contender.js';
import { closedLoop, Ending, type Edge } from '../load/closed-loop.js';
import { serve, tell } from '../processes/serve.js';
import type { Change } from '../transfer/account-sql.js';
import { drawTransfer } from '../transfer/draw-transfer.js';
import { accountPicker } from '../transfer/pick-account.js';
import { seeded } from '../transfer/random.js';

export interface DbosSetup {
  /** Of the package the SDK is installed in; it is none of the product's. */
  readonly packageDir: string;
  readonly systemDatabaseUrl: string;
  readonly databaseUrls: readonly string[];
}

/** The part of the SDK that is used; its types are installed only where the bench is run. */
interface Dbos {
  setConfig(config: object): void;
  registerWorkflow<A extends readonly unknown[]>(
    run: (...args: A) => Promise<void>,
    config: object,
  ): (...args: A) => Promise<void>;
  runStep(step: () => Promise<void>, config: object): Promise<void>;
  launch(): Promise<void>;
  shutdown(): Promise<void>;
}

/** Of each pool; with the SDK's default of 10 it would wait for connections. */
const CONNECTIONS = 32;
const MOVE_ONE =
  'UPDATE bank.account SET balance = balance + $2 WHERE id = $1 AND balance + pending + $2 >= 0';

let transfer: (changes: readonly Change[]) => Promise<void>;
let dbos: Dbos | undefined;

async function start({ packageDir, systemDatabaseUrl, databaseUrls }: DbosSetup): Promise<void> {
  const load = createRequire(path.join(path.resolve(packageDir), 'package.json'));
  const { DBOS } = load('@dbos-inc/dbos-sdk') as { DBOS: Dbos };
  const pools = databaseUrls.map((connectionString) => new pg.Pool({ connectionString, max: CONNECTIONS }));
  DBOS.setConfig({
    name: 'bench',
    systemDatabaseUrl,
    systemDatabasePoolSize: CONNECTIONS,
    logLevel: 'error',
  });
  const run = async (changes: readonly Change[]): Promise<void> => {
    for (const [index, { account, amount }] of changes.entries()) {
      const query = { name: 'move', text: MOVE_ONE, values: [account, amount] };
      await DBOS.runStep(() => pools[index]!.query(query).then(() => undefined), { name: `move-${index}` });
    }
  };
  transfer = DBOS.registerWorkflow(run, { name: 'transfer' });
  await DBOS.launch();
  dbos = DBOS;
}

async function drive(workload: Workload): Promise<unknown> {
  const random = seeded(workload.seed);
  const pick = accountPicker(workload.theta, random);
  const submit = async (): Promise<Ending> => {
    await transfer(drawTransfer(2, pick, random));
    return Ending.Committed;
  };
  return closedLoop(workload, submit, (edge) => tell<Edge>(edge));
}

serve({ start, drive, stop: async () => dbos?.shutdown() });
