import type pg from 'pg';

import { netChanges } from '../transfer/account-sql.js';
import type { Answer, Branch, FloorDesk } from './branch.js';
import { connect, MAX_BATCH } from './database.js';
import { Stage } from './stage.js';
import { COMMIT, PREPARE } from './statements.js';

/** One statement a phase a batch, each phase on a connection of its own. */
export async function tccDesk(databaseUrl: string, answer: Answer): Promise<FloorDesk> {
  const prepareClient = await connect(databaseUrl);
  const commitClient = await connect(databaseUrl);
  const prepares = new Stage<Branch>(async (batch) => {
    await prepareAll(prepareClient, batch);
    answer('VOTE', batch);
  }, MAX_BATCH);
  const commits = new Stage<Branch>(async (batch) => {
    await commitAll(commitClient, batch);
    answer('ACK', batch);
  }, MAX_BATCH);
  return { prepare: (branches) => prepares.add(branches), commit: (branches) => commits.add(branches) };
}

async function prepareAll(client: pg.Client, batch: readonly Branch[]): Promise<void> {
  const { ids, amounts } = netChanges(batch.map(({ change }) => change));
  const payloads = batch.map(({ change }) => JSON.stringify(change));
  const values = [ids, amounts, batch.map(({ gtx }) => gtx), payloads];
  await client.query({ name: 'prepare', text: PREPARE, values });
}

async function commitAll(client: pg.Client, batch: readonly Branch[]): Promise<void> {
  const { ids, amounts } = netChanges(batch.map(({ change }) => change));
  const values = [ids, amounts, batch.map(({ gtx }) => gtx)];
  await client.query({ name: 'commit', text: COMMIT, values });
}
