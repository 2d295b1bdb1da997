import path from 'node:path';
import type { Log } from '#observability';
import { startPostgres, type Postgres } from '#stack';
import { DATABASES } from './app-environment.js';

/** The PostgreSQL of the all-in-one, with a database and a role for each app. One left running by a killed run is taken over. */
export async function startDatabase(dir: string, log: Log): Promise<Postgres> {
  const options = {
    dataDir: path.join(dir, 'postgres'),
    reuse: true,
    log: (line: string) => log.info({}, line),
  };
  const postgres = await startOnce(options, log);
  for (const name of DATABASES) await postgres.createDatabase(name, { owner: name });
  return postgres;
}

/** A server left by a killed run may be on its way out just when it is taken over: then the second try starts it anew. */
async function startOnce(options: Parameters<typeof startPostgres>[0], log: Log): Promise<Postgres> {
  try {
    return await startPostgres(options);
  } catch (error) {
    log.warn({ err: error }, 'PostgreSQL did not come up; trying once more');
    return startPostgres(options);
  }
}
