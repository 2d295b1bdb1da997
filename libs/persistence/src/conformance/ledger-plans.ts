import { beforeEach, expect, it } from '@jest/globals';
import type pg from 'pg';
import type { Ledger } from '../port/ledger.js';
import { begin } from '../postgres/ledger/sql/begin.js';
import { claim } from '../postgres/ledger/sql/claim.js';
import { commitSteps } from '../postgres/ledger/sql/commit-steps.js';
import { findExisting } from '../postgres/ledger/sql/find-existing.js';
import { load } from '../postgres/ledger/sql/load.js';
import type { Statement } from '../postgres/run-statement.js';
import { beginNew, decided, gtxsIn, newOf, stepOf } from './ledger-world.js';

/** What the plans are looked at with. */
export interface PlanWorld {
  open(instanceId: string): Ledger;
  reset(): Promise<void>;
  /** Work on one session that is set up as the ledger's are. */
  withSession<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T>;
}

const clock = { nowMs: () => Date.now() };

/** A way to the rows of a table that reads more of it than is asked for. */
const WHOLE_TABLE = /Seq Scan on (transaction|event|idempotency_key)|(Hash|Merge)( Anti| Semi| Left)? Join/;

const ANALYZE = 'ANALYZE concordat.transaction, concordat.idempotency_key, concordat.event';

const hotStatements = (size: number): Statement[] => {
  const gtxs = gtxsIn(clock, size);
  return [
    begin(gtxs.map((gtx) => newOf(gtx, { idempotencyKey: gtx }))),
    findExisting(gtxs, gtxs),
    load(gtxs),
    commitSteps(gtxs.map((gtx) => stepOf(gtx, 1, decided('COMMIT')))),
    claim({ instanceId: 'one', deadInstances: ['two'], limit: size, nextInMs: 1_000, timelineKind: 'X' }),
  ];
};

async function explain(client: pg.ClientBase, text: string): Promise<string> {
  const { rows } = await client.query<Record<'QUERY PLAN', string>>(text);
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

/** Runs the statement as the prepared one the ledger runs, and tells how. */
async function explainPrepared(client: pg.ClientBase, { name, text, values }: Statement): Promise<string> {
  await client.query(`PREPARE ${name} AS ${text}`);
  const literals = values.map((value) => client.escapeLiteral(String(value))).join(', ');
  return explain(
    client,
    `EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, BUFFERS OFF) EXECUTE ${name} (${literals})`,
  );
}

/** bench.md's trap: a join against a large unnest flips to a bad plan when statistics are missing or stale. */
export function ledgerPlans(world: () => PlanWorld): void {
  beforeEach(() => world().reset());

  const fill = async (count: number): Promise<void> => {
    await beginNew(world().open('filler'), gtxsIn(clock, count));
  };

  const STATISTICS: readonly (readonly [string, (client: pg.ClientBase) => Promise<unknown>])[] = [
    ['nobody analysed it', () => fill(10)],
    [
      'it was analysed while empty and grew since',
      async (client) => {
        await client.query(ANALYZE);
        await fill(2_000);
      },
    ],
    [
      'it was analysed when full',
      async (client) => {
        await fill(2_000);
        await client.query(ANALYZE);
      },
    ],
  ];

  it.each(STATISTICS)('hot statements reach the table by an index when %s', async (_when, prepare) => {
    await world().withSession(async (client) => {
      await prepare(client);
      for (const { text } of hotStatements(1)) {
        const plan = await explain(client, `EXPLAIN (COSTS OFF, GENERIC_PLAN) ${text}`);

        expect(plan).toContain('Index');
        expect(plan).not.toMatch(WHOLE_TABLE);
      }
    });
  });

  it.each([1, 100, 1_000])(
    'a batch of %i reads its own rows by the primary key and no others',
    async (size) => {
      const gtxs = gtxsIn(clock, size);
      await fill(3_000);
      await beginNew(world().open('one'), gtxs);

      await world().withSession(async (client) => {
        for (const statement of [
          load(gtxs),
          commitSteps(gtxs.map((gtx) => stepOf(gtx, 1, decided('COMMIT')))),
        ]) {
          const plan = await explainPrepared(client, statement);

          expect(plan).toMatch(/Index Scan using transaction_pkey on transaction/);
          expect(plan).not.toMatch(WHOLE_TABLE);
          expect(plan).not.toMatch(/Rows Removed by (Join )?Filter: [1-9]/);
        }
      });
    },
  );

  it('a batch that was begun together is decided on its own pages: every update is HOT', async () => {
    const gtxs = gtxsIn(clock, 500);
    await beginNew(world().open('one'), gtxs);

    const counted = await world().withSession(async (client) => {
      await client.query('BEGIN');
      const { text, values } = commitSteps(gtxs.map((gtx) => stepOf(gtx, 1, decided('COMMIT'))));
      await client.query({ text, values: [...values] });
      const { rows } = await client.query(
        `SELECT n_tup_upd::int AS updated, n_tup_hot_upd::int AS hot FROM pg_stat_xact_user_tables
         WHERE schemaname = 'concordat' AND relname = 'transaction'`,
      );
      await client.query('ROLLBACK');
      return rows;
    });

    expect(counted).toEqual([{ updated: 500, hot: 500 }]);
  });
}
