/** What the participant's store does about hung processes, dead servers, half-hearted commits and foreign owners. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createPostgresBranchStore, type PostgresBranchStoreOptions } from '#persistence';
import { silentLog } from '#observability';
import type { PoolClient } from 'pg';
import {
  anyGtx,
  gidOf,
  keyOf,
  lookAt,
  rowOf,
  store as storeRow,
} from '../../../libs/persistence/src/conformance/branch-store-world.js';
import { waitFor } from '../../../tools/stack/wait.js';
import { startParticipantServer, type ParticipantServer } from './participant-server.js';

jest.setTimeout(60_000);

let server: ParticipantServer;
beforeAll(async () => {
  server = await startParticipantServer(8);
});
afterAll(() => server?.stop());

const closing: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closing) await close();
});

function open(more: Partial<PostgresBranchStoreOptions> = {}) {
  const url = server.url('one', 'payments');
  const branches = createPostgresBranchStore({ url, participant: 'payments', log: silentLog, ...more });
  closing.push(() => branches.close());
  return branches;
}

const clientOf = (tx: { readonly client: unknown }): PoolClient => tx.client as PoolClient;

/** The server's processes notice the death of their parent one by one. */
async function untilBackendIsGone(pid: number): Promise<void> {
  const gone = (): true | undefined => {
    try {
      process.kill(pid, 0);
      return undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true;
      throw error;
    }
  };
  await waitFor(gone, { what: `server process ${pid} to end`, timeoutMs: 10_000, intervalMs: 10 });
}

/** Its pid, or null when `commit` came back before anybody waited for a standby. */
async function waitingForStandby(commit: Promise<unknown>): Promise<number | null> {
  let isBack = false;
  const back = (): boolean => (isBack = true);
  commit.then(back, back);
  const find = async (): Promise<number | null | undefined> => {
    const text = `SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'`;
    const [session] = await server.query<{ pid: number }>('one', text);
    return session?.pid ?? (isBack ? null : undefined);
  };
  return waitFor(find, { what: 'a commit to wait for a standby', timeoutMs: 10_000, intervalMs: 10 });
}

describe('a session', () => {
  it('has its timeouts and a durable commit from its first statement, whatever the role defaults to', async () => {
    await server.query('postgres', 'ALTER ROLE payments SET synchronous_commit = off');
    const tx = await open({ lockTimeoutMs: 700, idleInTransactionTimeoutMs: 9_000 }).begin();

    const shown: (string | undefined)[] = [];
    for (const name of [
      'lock_timeout',
      'idle_in_transaction_session_timeout',
      'synchronous_commit',
      'transaction_isolation',
    ]) {
      const { rows } = await clientOf(tx).query<Record<string, string>>(`SHOW ${name}`);
      shown.push(rows[0]?.[name]);
    }

    expect(shown).toEqual(['700ms', '9s', 'on', 'read committed']);
    await tx.rollback();
  });

  it('runs one statement per verb, however large the batch', async () => {
    const branches = open();
    const rows = Array.from({ length: 50 }, () => rowOf(keyOf(anyGtx())));
    const tx = await branches.begin();
    const sent = jest.spyOn(clientOf(tx), 'query');
    const counts: number[] = [];
    for (const verb of [
      () => tx.raiseFences(rows),
      () => tx.acceptRows(rows),
      () => tx.moveRows(rows.map((key) => ({ key, from: ['PREPARED'], to: 'COMMITTED' }))),
      () => tx.insertRows(rows.map((row) => ({ ...row, attempt: 2 }))),
    ]) {
      sent.mockClear();
      await verb();
      counts.push(sent.mock.calls.length);
    }
    sent.mockRestore();
    await tx.rollback();

    expect(counts).toEqual([1, 1, 1, 1]);
  });
});

describe('a hung process', () => {
  it('loses its open transaction after a while, and others go on', async () => {
    const key = keyOf(anyGtx());
    const hung = await open({ idleInTransactionTimeoutMs: 200 }).begin();
    await hung.acceptRows([rowOf(key)]);
    const next = await open({ lockTimeoutMs: 30_000 }).begin();

    expect(await next.acceptRows([rowOf(key)])).toEqual(['fresh']);

    await next.rollback();
    await expect(hung.commit()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

describe('a server that is killed', () => {
  it('under an open transaction: commit is UNAVAILABLE and ambiguous, and the store serves again after the restart', async () => {
    const branches = open();
    const key = keyOf(anyGtx());
    const tx = await branches.begin();
    await tx.acceptRows([rowOf(key)]);

    const { processID } = clientOf(tx) as unknown as { processID: number };
    await server.postgres.kill9();
    await untilBackendIsGone(processID);
    await expect(tx.commit()).rejects.toMatchObject({ code: 'UNAVAILABLE', ambiguous: true });
    await expect(branches.begin()).rejects.toMatchObject({ code: 'UNAVAILABLE', ambiguous: false });
    await expect(branches.commitPrepared(gidOf(key))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(branches.ping()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await server.postgres.restart();

    await storeRow(branches, rowOf(key));
    expect((await lookAt(branches, key)).row).not.toBeNull();
  });
});

describe('a commit that did not keep its promise', () => {
  it('a cancelled wait for a standby is UNAVAILABLE and ambiguous, though the row is there', async () => {
    const branches = open();
    await server.query('postgres', `ALTER SYSTEM SET synchronous_standby_names = 'nobody'`);
    await server.query('postgres', 'SELECT pg_reload_conf()');
    // The server takes the setting over in its own time: commits before that are ordinary ones.
    for (let told: unknown = null; told === null;) {
      const key = keyOf(anyGtx());
      const tx = await branches.begin();
      await tx.acceptRows([rowOf(key)]);
      const commit = tx.commit().catch((error: unknown) => error);
      const pid = await waitingForStandby(commit);
      if (pid === null) continue;
      await server.query('postgres', 'SELECT pg_cancel_backend($1)', [pid]);
      told = await commit;

      expect(told).toMatchObject({ code: 'UNAVAILABLE', ambiguous: true });
      expect((await lookAt(branches, key)).row).not.toBeNull();
    }
    await server.query('postgres', 'ALTER SYSTEM RESET synchronous_standby_names');
    await server.query('postgres', 'SELECT pg_reload_conf()');
  });

  it('a handler that ended the transaction itself is found out', async () => {
    const branches = open();
    const tx = await branches.begin();
    await tx.acceptRows([rowOf(keyOf(anyGtx()))]);
    await clientOf(tx).query('COMMIT');

    await expect(tx.commit()).rejects.toMatchObject({ ambiguous: true, sqlState: '25P01' });
  });

  it.each(['COMMIT', 'ROLLBACK'])('so is one whose SQL, sent with ours, is %s', async (text) => {
    const branches = open();
    const key = keyOf(anyGtx());
    await storeRow(branches, rowOf(key));
    const move = { key, from: ['PREPARED'], to: 'COMMITTED' } as const;

    await expect(branches.moveAndCommit([move], [{ text, values: [] }])).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      ambiguous: true,
      sqlState: '25P01',
    });
  });

  it.each(['COMMIT AND CHAIN', 'ROLLBACK AND CHAIN'])(
    'and one whose SQL is %s, of which no warning tells',
    async (text) => {
      const branches = open();
      const key = keyOf(anyGtx());
      await storeRow(branches, rowOf(key));
      const moves = [{ key, from: ['PREPARED'], to: 'COMMITTED' } as const];
      const statements = [{ text, values: [] }];
      const told = { code: 'OTHER', ambiguous: true };

      await expect(branches.moveAndCommit(moves, statements)).rejects.toMatchObject(told);
      const state = text.startsWith('COMMIT') ? 'COMMITTED' : 'PREPARED';
      expect((await lookAt(branches, key)).row).toMatchObject({ state });
      const from = [state] as const;
      await expect(branches.beginMoving([{ ...moves[0]!, from }], statements)).rejects.toMatchObject(told);
    },
  );

  it('sent with its work, it may have happened where the session was lost', async () => {
    const branches = open();
    const key = keyOf(anyGtx());
    await storeRow(branches, rowOf(key));
    const move = { key, from: ['PREPARED'], to: 'COMMITTED' } as const;
    const ending = { text: 'SELECT pg_terminate_backend(pg_backend_pid())', values: [] };

    await expect(branches.moveAndCommit([move], [ending])).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      ambiguous: true,
    });
    expect((await lookAt(branches, key)).row).toMatchObject({ state: 'PREPARED' });
    expect(await branches.moveAndCommit([move], [])).toBe(true);
  });

  it('what cannot be prepared is refused, and nothing is prepared', async () => {
    const branches = open();
    const key = keyOf(anyGtx());
    const tx = await branches.begin();
    await clientOf(tx).query('NOTIFY somebody');

    await expect(tx.prepare(gidOf(key))).rejects.toMatchObject({ code: 'OTHER', sqlState: '0A000' });

    expect((await lookAt(branches, key)).gid).toBe(false);
  });
});

describe('a prepared transaction of another owner', () => {
  it('is neither listed nor finished, even under our own name', async () => {
    const branches = open();
    const key = keyOf(anyGtx());
    await server.query('one', `BEGIN; PREPARE TRANSACTION '${gidOf(key)}'`);

    expect(await branches.preparedGids()).toEqual([]);
    expect((await lookAt(branches, key)).gid).toBe(false);
    await expect(branches.commitPrepared(gidOf(key))).rejects.toMatchObject({ code: 'NOT_OWNER' });
    await server.query('one', `ROLLBACK PREPARED '${gidOf(key)}'`);
  });
});
