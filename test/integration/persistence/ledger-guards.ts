import { beforeEach, expect, it } from '@jest/globals';
import { coordinatorSchema, migrateCoordinator, pendingMigrations } from '#persistence';
import {
  beginNew,
  decided,
  endAll,
  gtxIn,
  stepOf,
} from '../../../libs/persistence/src/conformance/ledger-world.js';
import type { LedgerDatabase } from './ledger-database.js';

const clock = { nowMs: () => Date.now() };
const GUARDED = { code: 'CC001' };
/** A CHECK: cell and history say different things. */
const DISAGREES = { code: '23514' };

/** What the database refuses to anybody, also to a hand-written statement. */
export function guardsOfTheLedger(database: () => LedgerDatabase): void {
  beforeEach(() => database().reset());

  const one = async (): Promise<string> => {
    const gtx = gtxIn(clock);
    await beginNew(database().open('one'), [gtx]);
    return gtx;
  };
  const set = (gtx: string, what: string): Promise<unknown> =>
    database().query(`UPDATE concordat.transaction SET ${what} WHERE gtx = $1`, [gtx]);
  const cell = (decision: string, at = 0): string =>
    `attempts = jsonb_set(attempts, '{${at},decision}', '"${decision}"')`;

  it('L1: a filled cell cannot be changed, emptied, or changed in the history alone', async () => {
    const gtx = await one();
    await database()
      .open('one')
      .commitSteps([stepOf(gtx, 1, decided('COMMIT'))]);

    await expect(set(gtx, `decision = 'ABORT', ${cell('ABORT')}`)).rejects.toMatchObject(GUARDED);
    await expect(set(gtx, `decision = NULL, attempts = '[{}]'`)).rejects.toMatchObject(GUARDED);
    await expect(set(gtx, `attempts = jsonb_set(attempts, '{0,reason}', '"x"')`)).rejects.toMatchObject(
      GUARDED,
    );
    await expect(set(gtx, `decision = 'ABORT'`)).rejects.toMatchObject(DISAGREES);
  });

  it('L1: cell and history cannot disagree', async () => {
    const gtx = await one();

    await expect(set(gtx, `decision = 'COMMIT'`)).rejects.toMatchObject(DISAGREES);
    await expect(set(gtx, `decision = 'MAYBE', ${cell('MAYBE')}`)).rejects.toMatchObject(DISAGREES);
  });

  it('L1: a new attempt follows an aborted one only, by one, and leaves its history alone', async () => {
    const gtx = await one();
    const second = `attempts = attempts || '[{"attempt": 2, "mode": "saga", "decision": null}]'`;

    await expect(set(gtx, `attempt = 2, ${second}`)).rejects.toMatchObject(GUARDED);
    await database()
      .open('one')
      .commitSteps([stepOf(gtx, 1, { ...decided('ABORT'), startAttempt: { attempt: 2, mode: 'saga' } })]);
    await expect(set(gtx, `attempt = 1, decision = 'ABORT'`)).rejects.toMatchObject(GUARDED);
    await expect(set(gtx, `attempt = 4`)).rejects.toMatchObject(GUARDED);
    await expect(set(gtx, cell('COMMIT'))).rejects.toMatchObject(GUARDED);
  });

  it('what has ended stays so', async () => {
    const gtx = await one();
    await endAll(database().open('one'), [gtx]);

    await expect(set(gtx, `ended_at = NULL`)).rejects.toMatchObject(GUARDED);
    await expect(set(gtx, `ended_at = now()`)).rejects.toMatchObject(GUARDED);
  });

  it('a row that lives cannot be deleted', async () => {
    const gtx = await one();
    const remove = database().query(`DELETE FROM concordat.transaction WHERE gtx = $1`, [gtx]);

    await expect(remove).rejects.toMatchObject(GUARDED);
  });

  it('a step the guard refuses is REFUSED, not ambiguous, and changes nothing of its batch', async () => {
    const [gtx, other] = [await one(), await one()];
    const ledger = database().open('one');
    const bad = { ...decided('COMMIT'), startAttempt: { attempt: 2, mode: 'saga' } } as const;

    const steps = ledger.commitSteps([stepOf(other, 1, decided('COMMIT')), stepOf(gtx, 1, bad)]);

    await expect(steps).rejects.toMatchObject({ name: 'LedgerError', code: 'REFUSED', ambiguous: false });
    expect((await ledger.load([gtx, other])).map(({ tx }) => tx.version)).toEqual([1, 1]);
  });

  it('sessions wait for the WAL whatever the database’s default is, and have no statement_timeout', async () => {
    const [defaults] = await database().query<{ commit: string; timeout: string }>(
      `SELECT current_setting('synchronous_commit') AS commit, current_setting('statement_timeout') AS timeout`,
    );
    const seen = await database().withSession(async (client) => {
      const { rows } = await client.query(
        `SELECT current_setting('synchronous_commit') AS commit, current_setting('statement_timeout') AS timeout,
           current_setting('timezone') AS zone`,
      );
      return rows[0] as unknown;
    });

    expect(defaults).toEqual({ commit: 'off', timeout: '20s' });
    expect(seen).toEqual({ commit: 'on', timeout: '0', zone: 'Pacific/Chatham' });
  });

  it('many instances migrate at once: one does, the others find nothing to do', async () => {
    const url = await database().emptyDatabase('fresh');

    const applied = await Promise.all(Array.from({ length: 4 }, () => migrateCoordinator(url)));

    const names = coordinatorSchema.migrations.map(({ name }) => name);
    expect(applied.filter((steps) => steps.length > 0)).toEqual([names]);
    expect(await migrateCoordinator(url)).toEqual([]);
  });

  it('pending migrations are told, before, between and after', async () => {
    const url = await database().emptyDatabase('pending');
    const names = coordinatorSchema.migrations.map(({ name }) => name);
    const pending = (): Promise<readonly string[]> =>
      database().withClient(url, (client) => pendingMigrations(client, coordinatorSchema));

    expect(await pending()).toEqual(names);
    await migrateCoordinator(url);
    expect(await pending()).toEqual([]);
    await database().withClient(url, (client) =>
      client.query(`DELETE FROM concordat.migration_coordinator WHERE name = $1`, [names.at(-1)]),
    );
    expect(await pending()).toEqual(names.slice(-1));
  });
}
