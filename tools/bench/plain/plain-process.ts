/* Two local commits and no coordinator: what a service would pay that does without atomicity. */
import pg from 'pg';

import type { Workload } from '../contenders/contender.js';
import { closedLoop, Ending, type Edge } from '../load/closed-loop.js';
import { serve, tell } from '../processes/serve.js';
import { drawTransfer } from '../transfer/draw-transfer.js';
import { accountPicker } from '../transfer/pick-account.js';
import { seeded } from '../transfer/random.js';

export interface PlainSetup {
  readonly databaseUrls: readonly string[];
}

/** A participant of the product has as many. */
const CONNECTIONS = 16;
const MOVE_ONE =
  'UPDATE bank.account SET balance = balance + $2 WHERE id = $1 AND balance + pending + $2 >= 0';

let pools: readonly pg.Pool[] = [];

async function start({ databaseUrls }: PlainSetup): Promise<void> {
  pools = databaseUrls.map((connectionString) => new pg.Pool({ connectionString, max: CONNECTIONS }));
}

async function drive(workload: Workload): Promise<unknown> {
  const random = seeded(workload.seed);
  const pick = accountPicker(workload.theta, random);
  const submit = async (): Promise<Ending> => {
    const changes = drawTransfer(pools.length, pick, random);
    await Promise.all(
      changes.map(({ account, amount }, index) =>
        pools[index]!.query({ name: 'move', text: MOVE_ONE, values: [account, amount] }),
      ),
    );
    return Ending.Committed;
  };
  return closedLoop(workload, submit, (edge) => tell<Edge>(edge));
}

serve({ start, drive });
