import { realpathSync } from 'node:fs';
import path from 'node:path';

import { StackError } from '../errors.js';
import { readIfPresent } from '../files.js';
import { processIdentity } from '../processes/identity.js';
import { waitFor } from '../wait.js';
import { withAdmin } from './connection.js';

/** What a running server writes into <dataDir>/postmaster.pid. */
export interface Postmaster {
  pid: number;
  port: number;
  /** True once it accepts connections. */
  ready: boolean;
}

/** The file as it stands; undefined when there is none or it is not complete yet. It may be a dead server's. */
export function readPostmaster(dataDir: string): Postmaster | undefined {
  const lines = readIfPresent(path.join(dataDir, 'postmaster.pid'))?.split('\n') ?? [];
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  return pid > 0 && port > 0 ? { pid, port, ready: lines[7]?.trim() === 'ready' } : undefined;
}

const CANNOT_CONNECT_NOW = '57P03';

const servedDirectory = (port: number): Promise<string | undefined> =>
  withAdmin(port, async (client) => {
    const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory');
    return rows[0]?.data_directory;
  });

type Answer = 'ours' | 'not ours' | undefined;

/** undefined: it is starting, recovering or shutting down; ask again. */
async function ask({ pid, port }: Postmaster, dataDir: string): Promise<Answer> {
  if (processIdentity(pid) === undefined) return 'not ours';
  try {
    const served = await servedDirectory(port);
    return served !== undefined && realpathSync(served) === realpathSync(dataDir) ? 'ours' : 'not ours';
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'ECONNREFUSED') return 'not ours';
    if (code === CANNOT_CONNECT_NOW || code === 'ECONNRESET') return undefined;
    throw new StackError(
      `Something on port ${port} may be a PostgreSQL on ${dataDir}, but refuses to say so.`,
      '',
      {
        cause: error,
      },
    );
  }
}

/**
 * The living server on `dataDir`, or undefined. The pid in the file alone proves nothing: after a crash it
 * may belong to somebody else.
 */
export async function findRunningPostmaster(dataDir: string): Promise<Postmaster | undefined> {
  const found = readPostmaster(dataDir);
  if (found === undefined) return undefined;
  const what = `PostgreSQL (process ${found.pid}) on ${dataDir} to answer`;
  const answer = await waitFor(() => ask(found, dataDir), { what, timeoutMs: 30_000 });
  return answer === 'ours' ? found : undefined;
}
