/** A synchronous standby has every commit that was acknowledged; one that was held back has not, and shows it. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';

import { startPostgres, startStandby, temporaryDirectory } from '#stack';
import type { Postgres, Standby, TemporaryDirectory } from '#stack';

async function ask(url: string, ...statements: string[]): Promise<object[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let rows: object[] = [];
    for (const statement of statements) rows = (await client.query<object>(statement)).rows;
    return rows;
  } finally {
    await client.end();
  }
}

describe('a standby', () => {
  let directory: TemporaryDirectory;
  let primary: Postgres;
  let standby: Standby | undefined;

  beforeAll(async () => {
    directory = await temporaryDirectory('standby');
    primary = await startPostgres({ dataDir: `${directory.path}/first` });
    await ask(primary.adminUrl, 'CREATE TABLE note (n int)', 'INSERT INTO note VALUES (1)');
  });
  afterAll(async () => {
    await standby?.stop('immediate');
    await primary?.stop('immediate');
    await directory?.remove();
  });

  it('synchronous: has every acknowledged commit and prepared transaction after kill -9 of the primary', async () => {
    standby = await startStandby(primary, { dataDir: `${directory.path}/second`, mode: 'synchronous' });
    const prepare = ['BEGIN', 'INSERT INTO note VALUES (3)', `PREPARE TRANSACTION 'third'`];
    await ask(primary.adminUrl, 'INSERT INTO note VALUES (2)', ...prepare);
    await primary.kill9();
    await standby.promote();

    expect(await ask(standby.adminUrl, 'SELECT n FROM note ORDER BY n')).toEqual([{ n: 1 }, { n: 2 }]);
    expect(await ask(standby.adminUrl, `COMMIT PREPARED 'third'`, 'SELECT max(n) AS n FROM note')).toEqual([
      { n: 3 },
    ]);
    await primary.stop();
    primary = standby;
  });

  it('asynchronous and held back: has lost what was acknowledged since', async () => {
    standby = await startStandby(primary, { dataDir: `${directory.path}/third`, mode: 'asynchronous' });
    await standby.holdBack();
    await ask(primary.adminUrl, 'INSERT INTO note VALUES (4)');
    await primary.kill9();
    await standby.promote();

    expect(await ask(standby.adminUrl, 'SELECT max(n) AS n FROM note')).toEqual([{ n: 3 }]);
  });
});
