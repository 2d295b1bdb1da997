import { beforeEach, expect, it } from '@jest/globals';
import type { Ledger } from '#persistence';
import {
  beginNew,
  decided,
  gtxIn,
  gtxsIn,
  loadOne,
  newOf,
  stepOf,
} from '../../../libs/persistence/src/conformance/ledger-world.js';
import { waitFor } from '../../../tools/stack/wait.js';
import { eventually } from '../../support/eventually.js';
import type { LedgerDatabase } from './ledger-database.js';

const clock = { nowMs: () => Date.now() };

/** What a caller is told when the database does not do as it should: never an effect where there was none, nor the reverse. */
export function faultsOfTheLedger(database: () => LedgerDatabase): void {
  beforeEach(() => database().reset());

  const backendsWaiting = async (application: string, event: string): Promise<number[]> => {
    const rows = await database().query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type || '/' || wait_event ~ $2`,
      [application, event],
    );
    return rows.map(({ pid }) => pid);
  };
  const backendWaiting = (application: string, event: string): Promise<number> =>
    waitFor(async () => (await backendsWaiting(application, event))[0], {
      ...{ what: `${application} to wait for ${event}`, timeoutMs: 20_000, intervalMs: 10 },
    });

  /** A batch that waits for the row lock another session holds on its last transaction. */
  const blockedStep = async (
    ledger: Ledger,
    gtxs: readonly string[],
    meanwhile: (query: (text: string) => Promise<unknown>) => Promise<void>,
  ): Promise<unknown> => {
    let stepping: Promise<unknown> = Promise.resolve();
    await database().withClient(database().url, async (holder) => {
      await holder.query(`BEGIN; SET deadlock_timeout = '60s'`);
      await holder.query(`SELECT FROM concordat.transaction WHERE gtx = $1 FOR UPDATE`, [gtxs.at(-1)]);
      stepping = ledger.commitSteps(gtxs.map((gtx) => stepOf(gtx, 1, decided('COMMIT'))));
      // Awaited by the caller; meanwhile a rejection is no unhandled one.
      stepping.catch(() => undefined);
      await backendWaiting('victim', '^Lock/');
      await meanwhile((text) => holder.query(text));
    });
    return stepping;
  };

  it('L4: a session that is lost while it writes leaves the effect in doubt, and the ledger usable', async () => {
    const gtx = gtxIn(clock);
    const ledger = database().open('victim');
    await beginNew(ledger, [gtx]);

    const step = blockedStep(ledger, [gtx], async () => {
      const pid = await backendWaiting('victim', '^Lock/');
      await database().query(`SELECT pg_terminate_backend($1)`, [pid]);
    });

    await expect(step).rejects.toMatchObject({ name: 'LedgerError', code: 'UNAVAILABLE', ambiguous: true });
    expect((await loadOne(ledger, gtx)).tx.version).toBe(1);
  });

  it('a deadlock is a conflict: nothing was written, the caller may try again', async () => {
    const gtxs = gtxsIn(clock, 2);
    const ledger = database().open('victim');
    await beginNew(ledger, gtxs);

    const step = blockedStep(ledger, gtxs, async (query) => {
      await query(`UPDATE concordat.transaction SET tries = 1 WHERE gtx = '${gtxs[0]}'`);
      await query('ROLLBACK');
    });

    await expect(step).rejects.toMatchObject({ name: 'LedgerError', code: 'CONFLICT', ambiguous: false });
    expect((await ledger.load(gtxs)).map(({ tx }) => tx.version)).toEqual([1, 1]);
  });

  it('a decision waits for a concurrent writer, and is judged by what that one left', async () => {
    const gtx = gtxIn(clock);
    const ledger = database().open('victim');
    await beginNew(ledger, [gtx]);

    const outcomes = blockedStep(ledger, [gtx], async (query) => {
      await query(`UPDATE concordat.transaction SET version = 2 WHERE gtx = '${gtx}'`);
      await query('COMMIT');
    });

    expect(await outcomes).toEqual([{ kind: 'stale' }]);
  });

  it('a decision whose wait for the standby was cancelled is in doubt, its session is not used again', async () => {
    const gtx = gtxIn(clock);
    const ledger = database().open('victim');
    await beginNew(ledger, [gtx]);
    await setStandby('nobody');
    try {
      const step = ledger.commitSteps([stepOf(gtx, 1, decided('COMMIT'))]);
      const pid = await backendWaiting('victim', '/SyncRep$');
      await database().query(`SELECT pg_cancel_backend($1)`, [pid]);

      await expect(step).rejects.toMatchObject({ name: 'LedgerError', code: 'UNAVAILABLE', ambiguous: true });
      const gone = async () => {
        const rows = await database().query(`SELECT FROM pg_stat_activity WHERE pid = $1`, [pid]);
        return rows.length === 0 ? true : undefined;
      };
      await waitFor(gone, { what: 'the session to be dropped', timeoutMs: 10_000, intervalMs: 10 });
    } finally {
      await setStandby('');
    }

    // It was committed here: exactly what "ambiguous, re-read" is for.
    expect((await loadOne(ledger, gtx)).tx.attempts[0]?.decision).toBe('COMMIT');
  });

  const setStandby = async (names: string): Promise<void> => {
    await database().query(`ALTER SYSTEM SET synchronous_standby_names = '${names}'`);
    await database().query('SELECT pg_reload_conf()');
    const seen = async () => {
      const [row] = await database().query<{ names: string }>(
        `SELECT current_setting('synchronous_standby_names') AS names`,
      );
      return row?.names === names ? true : undefined;
    };
    await waitFor(seen, { what: 'the setting to arrive', timeoutMs: 10_000, intervalMs: 10 });
  };

  it('an idle connection that dies costs nothing', async () => {
    const ledger = database().open('victim');
    await ledger.ping();
    await database().query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'victim'`,
    );

    const answer = async () =>
      ledger.ping().then(
        () => true,
        () => undefined,
      );
    expect(await waitFor(answer, { what: 'a new connection', timeoutMs: 10_000, intervalMs: 10 })).toBe(true);
  });

  it('L4: kill -9 of the server loses nothing that was reported, and is told as it is', async () => {
    const gtxs = gtxsIn(clock, 50);
    const ledger = database().open('victim');
    await beginNew(ledger, gtxs);
    // Recovery need not replay what the tests before wrote.
    await database().query('CHECKPOINT');
    await ledger.commitSteps(gtxs.map((gtx) => stepOf(gtx, 1, decided('COMMIT'))));
    // Ends may be lost; then a lost session says so.
    await ledger.commitSteps(gtxs.map((gtx) => stepOf(gtx, 2, { state: 'COMMITTED', ended: true })));
    const { sessionsLost } = ledger;

    await database().postgres.kill9();
    // Its backends notice by themselves that it is gone, a moment later.
    await eventually(() => ledger.sessionsLost > sessionsLost);
    const down = [ledger.ping(), ledger.begin([newOf(gtxIn(clock))]), ledger.load(gtxs)];
    const answers = await Promise.allSettled(down);
    await database().postgres.restart();
    await database().reconnect();

    for (const answer of answers)
      expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'UNAVAILABLE' } });
    const stored = await ledger.load(gtxs);
    expect(stored.map(({ tx }) => tx.attempts[0]?.decision)).toEqual(gtxs.map(() => 'COMMIT'));
    await expect(ledger.ping()).resolves.toBeUndefined();
  });

  it('while the server is down, what was not sent is not in doubt', async () => {
    await database().postgres.stop('fast');
    const ledger = database().open('victim');
    try {
      const refusal = { name: 'LedgerError', code: 'UNAVAILABLE', ambiguous: false };
      await expect(ledger.begin([newOf(gtxIn(clock))])).rejects.toMatchObject(refusal);
      await expect(database().openAdmin()).rejects.toMatchObject({
        name: 'LedgerError',
        code: 'UNAVAILABLE',
      });
    } finally {
      await database().postgres.restart();
      await database().reconnect();
    }
  });
}
