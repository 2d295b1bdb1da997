import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/** A directory for one test file. */
export interface TemporaryDirectory {
  path: string;
  /** Removes it with everything in it; end the servers that use it first. */
  remove(): Promise<void>;
}

/** A new directory that every user may enter: run by root, PostgreSQL is another user than its starter. */
export async function temporaryDirectory(name: string): Promise<TemporaryDirectory> {
  const made = await mkdtemp(path.join(os.tmpdir(), `concordat-${name}-`));
  await chmod(made, 0o755);
  return { path: made, remove: () => rm(made, { recursive: true, force: true }) };
}
