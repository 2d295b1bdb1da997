/** Statements that leave in one write: what the server is sent, and what is left of a write that fails. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createPostgresBranchStore, type PostgresBranchStore } from '#persistence';
import { silentLog } from '#observability';
import type { PoolClient } from 'pg';
import {
  anyGtx,
  keyOf,
  rowOf,
  workOf,
} from '../../../libs/persistence/src/conformance/branch-store-world.js';
import { startParticipantServer, type ParticipantServer } from './participant-server.js';

jest.setTimeout(60_000);

let server: ParticipantServer;
let branches: PostgresBranchStore;
beforeAll(async () => {
  server = await startParticipantServer(0);
  const url = server.url('one', 'payments');
  // One session for all of it: what one test left in it is what the next one finds.
  branches = createPostgresBranchStore({
    url,
    participant: 'payments',
    log: silentLog,
    maxConnections: 1,
  });
});
afterAll(async () => {
  await branches?.close();
  await server?.stop();
});

const freshRow = () => rowOf(keyOf(anyGtx()));
const named = (text: string, ...values: unknown[]) => ({ name: 'mine', text, values });

async function rowsOf(...statements: unknown[]): Promise<readonly (readonly unknown[])[]> {
  const { tx, answers } = await branches.beginAccepting([freshRow()], statements);
  await tx.commit();
  return answers;
}

function circular(): unknown {
  const value: { self?: unknown } = {};
  value.self = value;
  return value;
}

/** Writes to the socket of the one session while `work` runs. */
async function writesOf(work: () => Promise<unknown>): Promise<number> {
  const tx = await branches.begin();
  const { stream } = (
    tx.client as unknown as { connection: { stream: Record<'_write' | '_writev', () => void> } }
  ).connection;
  await tx.rollback();
  const spies = [jest.spyOn(stream, '_write'), jest.spyOn(stream, '_writev')];
  await work();
  const count = spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
  for (const spy of spies) spy.mockRestore();
  return count;
}

describe('statements that leave together', () => {
  it('are one write, and COMMIT another', async () => {
    await rowsOf(named('SELECT $1::int AS n', 1));
    expect(await writesOf(() => rowsOf(named('SELECT $1::int AS n', 2)))).toBe(2);
  });

  it('are one write with their COMMIT where nobody looks at the rows before', async () => {
    const rows = [freshRow(), freshRow()];
    const { tx } = await branches.beginAccepting(rows, []);
    await tx.commit();
    const confirm = (index: number) =>
      branches.moveAndCommit(
        [{ key: rows[index]!, from: ['PREPARED'], to: 'COMMITTED' }],
        [named('SELECT $1::int AS n', 1)],
      );
    await confirm(0);
    expect(await writesOf(() => confirm(1))).toBe(1);
  });

  it('answer each with its own rows, also where they return none', async () => {
    const nothing = { text: 'SELECT 1 WHERE false', values: [] };
    const writing = { text: 'CREATE TEMP TABLE IF NOT EXISTS t ()', values: [] };
    expect(await rowsOf(named('SELECT $1::int AS n', 1), nothing, writing, nothing)).toEqual([
      [{ n: 1 }],
      [],
      [],
      [],
    ]);
  });

  it('send parameters as queries of pg do', async () => {
    const text = 'SELECT $1::json AS j, $2::int[] AS a, $3::text AS t, $4::bytea AS b';
    const values = [{ a: 1 }, [1, null, 3], null, Buffer.from('x')];
    expect(await rowsOf({ text, values })).toEqual([
      [{ j: { a: 1 }, a: [1, null, 3], t: null, b: Buffer.from('x') }],
    ]);
  });

  it('of one name may change their text, and share it with a query of a handler', async () => {
    expect(await rowsOf(named('SELECT $1::int AS n', 1))).toEqual([[{ n: 1 }]]);
    expect(await rowsOf(named('SELECT $1::int + 1 AS n', 1))).toEqual([[{ n: 2 }]]);
    const tx = await branches.begin();
    const { rows } = await (tx.client as PoolClient).query(named('SELECT $1::int + 2 AS n', 1));
    await tx.rollback();
    expect(rows).toEqual([{ n: 3 }]);
    expect(await rowsOf(named('SELECT $1::int AS n', 1))).toEqual([[{ n: 1 }]]);
  });

  it('of one name and two texts may leave in one message', async () => {
    const [one, two] = [named('SELECT $1::int AS n', 1), named('SELECT $1::int * 10 AS n', 1)];
    for (const _ of [1, 2]) expect(await rowsOf(one, two)).toEqual([[{ n: 1 }], [{ n: 10 }]]);
    expect(await rowsOf(one)).toEqual([[{ n: 1 }]]);
    const fails = { text: 'SELECT 1 / 0', values: [] };
    await expect(rowsOf(two, fails)).rejects.toThrow(/division by zero/);
    expect(await rowsOf(one)).toEqual([[{ n: 1 }]]);
  });

  it('may have names as long as they like', async () => {
    const long = 'n'.repeat(60);
    const ways = ['confirm', 'cancel'].map((way) => ({
      name: `${long}_${way}`,
      text: `SELECT '${way}' AS way`,
      values: [],
    }));
    for (const _ of [1, 2])
      expect(await rowsOf(...ways)).toEqual([[{ way: 'confirm' }], [{ way: 'cancel' }]]);
  });

  it('may be empty', async () => {
    const [nothing, one] = [
      { text: '', values: [] },
      { text: 'SELECT 1 AS n', values: [] },
    ];
    expect(await rowsOf(nothing, one, nothing)).toEqual([[], [{ n: 1 }], []]);
    const { tx, first } = await branches.beginRecording(workOf(keyOf(anyGtx())), nothing);
    await tx.commit();
    expect(first).toBe('READ_ONLY');
  });

  it('are parsed anew after somebody has deallocated them', async () => {
    const [one, other] = [
      named('SELECT $1::int AS n', 1),
      { name: 'other', text: 'SELECT 2 AS n', values: [] },
    ];
    await rowsOf(one, other, { text: 'DEALLOCATE ALL', values: [] });
    await expect(rowsOf(one)).rejects.toThrow(/does not exist/);
    expect(await rowsOf(one, other)).toEqual([[{ n: 1 }], [{ n: 2 }]]);
  });

  it('leave the session as it was where one of them fails, parsed for the first time or not', async () => {
    const first = { name: 'first', text: 'SELECT $1::int AS first', values: [1] };
    const failing = { name: 'fails', text: 'SELECT 1 / $1::int AS n', values: [0] };
    for (const times of [1, 2]) {
      await expect(rowsOf(first, failing)).rejects.toThrow(/division by zero/);
      expect(await rowsOf(first, { ...failing, values: [times] })).toEqual([
        [{ first: 1 }],
        [{ n: times === 1 ? 1 : 0 }],
      ]);
    }
  });

  it("tell a handler's unique violation from a row that is there", async () => {
    const key = anyGtx();
    const insert = { text: 'INSERT INTO business VALUES ($1, $2)', values: [key, 'once'] };
    await rowsOf(insert);

    await expect(rowsOf(insert)).rejects.toMatchObject({ code: 'OTHER', sqlState: '23505' });
    const { tx } = await branches.beginAccepting([rowOf(keyOf(key))], []);
    await tx.commit();
    const recording = branches.beginRecording(workOf(keyOf(key)), { text: 'SELECT 1', values: [] });
    await expect(recording).rejects.toMatchObject({ code: 'DUPLICATE' });
  });

  it.each([
    ['a value', { text: 'SELECT $1::json', values: [circular()] }, 'circular'],
    ['a text', { text: undefined, values: [] }, 'no text'],
  ])('are not sent where %s cannot be', async (_, statement, said) => {
    const refused = { code: 'OTHER', message: expect.stringContaining(said) };
    await expect(rowsOf(statement)).rejects.toMatchObject(refused);
    const tx = await branches.begin();
    await expect(tx.run(statement)).rejects.toMatchObject(refused);
    await tx.rollback();
    expect(await rowsOf({ text: 'SELECT 1 AS n', values: [] })).toEqual([[{ n: 1 }]]);
  });

  it('know the same names where one runs alone', async () => {
    const tx = await branches.begin();
    expect(await tx.run(named('SELECT $1::int AS n', 1))).toEqual([{ n: 1 }]);
    expect(await tx.run(named('SELECT $1::int + 1 AS n', 1))).toEqual([{ n: 2 }]);
    await tx.rollback();
  });
});
