import type { Bank } from '../concordat/banks.js';
import { runSql } from '../site.js';

interface Named extends Record<string, unknown> {
  readonly name: string;
}

/** What of a row is different in its copies, by column: SQL over `copy`, a new id and the number of the copy. */
interface CopyPlan {
  readonly table: string;
  /** Which rows are copied: all of one finished transaction. */
  readonly of: string;
}

/** Columns of a table that can be given a value. */
async function columnsOf(url: string, table: string): Promise<string[]> {
  const rows = await runSql<Named>(
    url,
    `SELECT quote_ident(attname) AS name FROM pg_attribute
      WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attidentity = '' AND attgenerated = ''
      ORDER BY attnum`,
    [table],
  );
  return rows.map(({ name }) => name);
}

/** A statement that may take minutes is cut into ones that take seconds. */
const CHUNK = 100_000;

/**
 * Copies finished rows under ids of the last day, older than any of the measurement. Not by transactions that run: 10^7 of them would
 * take an hour.
 */
async function multiply(url: string, plans: readonly CopyPlan[], count: number): Promise<void> {
  const inserts: string[] = [];
  for (const { table, of } of plans) {
    const columns = await columnsOf(url, table);
    const values = columns.map((name) => (name === 'gtx' ? 'copy.gtx' : `pattern.${name}`));
    inserts.push(
      `INSERT INTO ${table} (${columns.join()}) SELECT ${values.join()} FROM copy, (SELECT * FROM ${table} WHERE ${of}) pattern`,
    );
  }
  for (let done = 0; done < count; done += CHUNK) {
    const chunk = Math.min(CHUNK, count - done);
    const ctes = inserts.map((insert, index) => `filled_${index} AS (${insert})`);
    await runSql(
      url,
      `WITH copy AS MATERIALIZED (
         SELECT uuidv7(make_interval(secs => -86400 + ($2::int + i) * 0.001)) AS gtx FROM generate_series(1, $1::int) i
       ), ${ctes.join(', ')} SELECT count(*) FROM copy`,
      [chunk, done],
    );
  }
  for (const { table } of plans) await runSql(url, `VACUUM (ANALYZE) ${table}`);
}

const lastFinished = (condition: string, table: string): string =>
  `gtx = (SELECT gtx FROM ${table} WHERE ${condition} ORDER BY gtx DESC LIMIT 1)`;

/** Rows of the ledger's history. */
export async function historyOf(ledgerUrl: string): Promise<number> {
  const [counted] = await runSql<{ rows: number }>(
    ledgerUrl,
    'SELECT count(*)::float8 AS rows FROM concordat.transaction WHERE ended_at IS NOT NULL',
  );
  return counted?.rows ?? 0;
}

/** Brings ledger and banks to `total` finished transactions, as they would be after as many that ran. */
export async function fillHistory(ledgerUrl: string, banks: readonly Bank[], total: number): Promise<void> {
  const missing = total - (await historyOf(ledgerUrl));
  if (missing <= 0) return;
  const ledger = 'concordat.transaction';
  const ended = lastFinished(`ended_at IS NOT NULL AND decision = 'COMMIT'`, ledger);
  await multiply(
    ledgerUrl,
    [
      { table: ledger, of: ended },
      { table: 'concordat.event', of: ended },
    ],
    missing,
  );
  for (const { databaseUrl } of banks) {
    const branch = 'concordat.branch';
    const committed = lastFinished(`state = 'COMMITTED'`, branch);
    await multiply(
      databaseUrl,
      [
        { table: branch, of: committed },
        { table: 'concordat.fence', of: committed },
      ],
      missing,
    );
  }
}
