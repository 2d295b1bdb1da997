import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';

import { INVARIANTS } from '../../../crash/support/invariants.js';
import type { JournalEntry, Shop } from '../../../crash/support/shop.js';
import type { Site } from '../../../crash/support/site.js';
import { hashTables } from './tables.js';

/** One thing made wrong in an installation at rest; what it returns takes it back. */
type Corruption = (site: Site, shop: Shop) => Promise<() => Promise<unknown>>;

const branchTo =
  (from: string, to: string): Corruption =>
  async (site) => {
    const [row] = await site.query<{ gtx: string; branch: string; attempt: number }>(
      'payments',
      `UPDATE concordat.branch b SET state = $2 FROM (SELECT gtx, branch, attempt FROM concordat.branch WHERE state = $1 LIMIT 1) one
       WHERE (b.gtx, b.branch, b.attempt) = (one.gtx, one.branch, one.attempt) RETURNING b.gtx, b.branch, b.attempt`,
      [from, to],
    );
    const back = 'UPDATE concordat.branch SET state = $1 WHERE (gtx, branch, attempt) = ($2, $3, $4)';
    return () => site.query('payments', back, [from, row!.gtx, row!.branch, row!.attempt]);
  };

/** The row of the journal that stands for it is made by the test, so this corrupts the test's side of the comparison. */
const unknownOrder: Corruption = async (_, shop) => {
  shop.journal.push({ ...shop.journal[0]!, transactionId: randomUUID(), status: 'REJECTED' });
  return async () => shop.journal.pop();
};

const liar: Corruption = async (site) => {
  const server = createServer((_, response) => response.end(JSON.stringify({ outcome: 'neither' })));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { urls } = site.cluster;
  const lying = { ...urls, 'coordinator-9': `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  Object.defineProperty(site.cluster, 'urls', { value: lying, configurable: true });
  return async () => {
    Reflect.deleteProperty(site.cluster, 'urls');
    server.closeAllConnections();
    server.close();
  };
};

const orphan: Corruption = async (site) => {
  await site.query('payments', `BEGIN; SELECT pg_current_xact_id(); PREPARE TRANSACTION 'orphan'`);
  return () => site.query('payments', `ROLLBACK PREPARED 'orphan'`);
};

const secondEntry: Corruption = async (site) => {
  const [row] = await site.query<{ id: string }>(
    'payments',
    `INSERT INTO payments.entry (gtx, branch, account, amount, order_id)
     SELECT gtx, branch, account, amount, order_id FROM payments.entry
     WHERE gtx IN (SELECT gtx FROM concordat.branch WHERE state IN ('COMMITTED', 'DONE')) LIMIT 1 RETURNING id`,
  );
  return () => site.query('payments', 'DELETE FROM payments.entry WHERE id = $1', [row!.id]);
};

const onePenny: Corruption = async (site) => {
  const move = (by: number) =>
    site.query('payments', `UPDATE payments.account SET balance = balance + $1 WHERE id = 'customer-1'`, [
      by,
    ]);
  await move(1);
  return () => move(-1);
};

const brokenPromise: Corruption = async (_, shop) => {
  const entry = shop.journal.find(({ status }) => status === 'CONFIRMED') as JournalEntry;
  entry.status = 'REJECTED';
  return async () => (entry.status = 'CONFIRMED');
};

const CORRUPTIONS: Readonly<Record<string, Corruption>> = {
  'I1 atomic outcome': branchTo('COMMITTED', 'ABORTED'),
  'I2 one decision, everywhere': liar,
  'I3 nothing accepted is lost': unknownOrder,
  'I4 nothing stays prepared': orphan,
  'I5 effects exactly once': secondEntry,
  'I6 sums match the journal': onePenny,
  'I7 sagas whole or undone': branchTo('DONE', 'COMPENSATED'),
  'I9 client truth': brokenPromise,
};

/** The hash by which the replay is judged must see the smallest change, and see it undone. */
async function hashSeesAPenny(site: Site, shop: Shop): Promise<boolean> {
  const table = 'payments: payments.account';
  const before = (await hashTables(site))[table];
  const undo = await onePenny(site, shop);
  const during = (await hashTables(site))[table];
  await undo();
  return before !== undefined && before !== during && before === (await hashTables(site))[table];
}

/**
 * Makes one thing wrong after the other and lets the check that should see it look, then the same check again when it is
 * right again.
 * @throws Error naming the checks that saw nothing, or something where nothing was
 */
export async function corruptEach(site: Site, shop: Shop): Promise<string> {
  const blind: string[] = [];
  for (const [name, check] of Object.entries(INVARIANTS)) {
    const undo = await CORRUPTIONS[name]!(site, shop);
    const seen = await check(site, shop);
    await undo();
    const after = await check(site, shop);
    if (seen.length === 0) blind.push(`${name} saw nothing`);
    if (after.length > 0) blind.push(`${name} sees what is not there: ${after[0]}`);
  }
  if (!(await hashSeesAPenny(site, shop))) blind.push('the hash of the tables saw nothing');
  if (blind.length > 0) throw new Error(blind.join('; '));
  return `${Object.keys(INVARIANTS).length} of ${Object.keys(INVARIANTS).length} checks, and the hash of the tables, refused their corruption`;
}
