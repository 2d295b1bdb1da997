/** Plans must not depend on statistics: they are missing in the first minutes and stale during a flood. */
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { createPostgresBranchStore } from '#persistence';
import { silentLog } from '#observability';
import {
  anyGtx,
  keyOf,
  rowOf,
  store as storeRow,
} from '../../../libs/persistence/src/conformance/branch-store-world.js';
import { waitFor } from '../../../tools/stack/wait.js';
import { startParticipantServer, type ParticipantServer } from './participant-server.js';

jest.setTimeout(60_000);

const FLOOD = `
  INSERT INTO concordat.branch (gtx, branch, attempt, style, state, ledger_epoch)
  SELECT gen_random_uuid(), 'charge', 1, 'tcc', 'COMMITTED', 1 FROM generate_series(1, 20000)`;

let server: ParticipantServer;
beforeAll(async () => {
  server = await startParticipantServer(8);
});
afterAll(() => server?.stop());

interface Scans {
  readonly seq_tup_read: string;
}
const rowsScanned = (view: string): string =>
  `SELECT seq_tup_read FROM ${view} WHERE schemaname = 'concordat' AND relname = 'branch'`;

it('sessions that worked while the table was small find rows by the key after a flood', async () => {
  const url = server.url('one', 'payments');
  const branches = createPostgresBranchStore({ url, participant: 'payments', log: silentLog });
  const keys = Array.from({ length: 40 }, () => keyOf(anyGtx()));
  for (const key of keys) await storeRow(branches, rowOf(key));
  await server.query('one', 'ANALYZE concordat.branch');
  const tx = await branches.begin();
  const moves = keys.map((key) => ({ key, from: ['PREPARED' as const], to: 'PREPARED' as const }));
  const inTransaction = async (): Promise<number> => {
    const client = tx.client;
    const { rows } = await client.query<Scans>(rowsScanned('pg_stat_xact_user_tables'));
    return Number(rows[0]?.seq_tup_read);
  };
  for (let warm = 0; warm < 10; warm += 1) {
    await tx.moveRows(moves.slice(0, 3));
    // In a session of its own: rows that nobody holds.
    await branches.moveAndCommit(moves.slice(-3), []);
    await branches.look(keys.slice(0, 3), { gids: true });
  }
  const before = await inTransaction();

  await server.query('one', FLOOD);
  expect(await branches.moveAndCommit(moves.slice(-3), [])).toBe(true);
  await tx.moveRows(moves);
  await branches.look(keys, { gids: true });
  await branches.preparedRows({ olderThanMs: 0, limit: 100 });
  await branches.listRows({ gtx: keys[0]?.gtx ?? '' }, { limit: 100, cursor: null });
  await branches.collectGarbage({ retentionMs: 3_600_000, limit: 100 });

  expect((await inTransaction()) - before).toBe(0);
  await tx.rollback();
  // Sessions hand in what they counted when they end.
  await branches.close();
  const ended = async () => {
    const rows = await server.query('one', `SELECT 1 FROM pg_stat_activity WHERE usename = 'payments'`);
    return rows.length === 0 ? true : undefined;
  };
  await waitFor(ended, { what: 'the sessions of the store to end', timeoutMs: 10_000, intervalMs: 10 });
  const [counted] = await server.query<Scans>('one', rowsScanned('pg_stat_user_tables'));
  expect(Number(counted?.seq_tup_read)).toBeLessThan(20_000);
});
