/** Shipped bug: prepared transactions of two databases on one server had the same gid; one ended the other's work. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLog, systemRandom } from '#observability';
import { createPostgresBranchStore, type PostgresBranchStore } from '#persistence';
import { formatGid } from '#protocol';
import { startParticipantServer, type ParticipantServer } from '../persistence/participant-server.js';

let server: ParticipantServer;
const stores: PostgresBranchStore[] = [];
beforeAll(async () => {
  server = await startParticipantServer(8);
});
afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await server.stop();
});

function open(participant: string, database: string): PostgresBranchStore {
  const url = server.url(database, participant);
  const store = createPostgresBranchStore({ participant, url, log: silentLog });
  stores.push(store);
  return store;
}

async function prepare(store: PostgresBranchStore, gid: string): Promise<void> {
  const tx = await store.begin();
  await (tx.client as { query(text: string): Promise<unknown> }).query(
    `INSERT INTO business VALUES ('${gid}', 'prepared')`,
  );
  await tx.prepare(gid);
}

const businessOf = async (database: string): Promise<number> =>
  (await server.query(database, 'SELECT 1 FROM business')).length;

describe('two participants in two databases of one server', () => {
  it('prepare the same branch of the same transaction, and each ends only its own', async () => {
    const key = { gtx: systemRandom.uuidv7(), attempt: 1, branch: 'b' };
    const payments = open('payments', 'one');
    const inventory = open('inventory', 'two');
    const gids = ['payments', 'inventory'].map((participant) => formatGid({ participant, ...key }));
    expect(new Set(gids).size).toBe(2);

    await prepare(payments, gids[0]!);
    await prepare(inventory, gids[1]!);
    await payments.commitPrepared(gids[0]!);
    await inventory.rollbackPrepared(gids[1]!);

    expect([await businessOf('one'), await businessOf('two')]).toEqual([1, 0]);
  });

  it('cannot end what the other prepared, and do not see it', async () => {
    const key = { gtx: systemRandom.uuidv7(), attempt: 1, branch: 'b' };
    const payments = open('payments', 'one');
    const inventory = open('inventory', 'two');
    const gid = formatGid({ participant: 'inventory', ...key });
    await prepare(inventory, gid);

    await expect(payments.commitPrepared(gid)).rejects.toMatchObject({ name: 'StoreError' });

    expect(await payments.preparedGids()).toEqual([]);
    expect(await inventory.preparedGids()).toMatchObject([{ gid }]);
    await inventory.rollbackPrepared(gid);
  });
});
