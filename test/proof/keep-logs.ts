import { cp, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';

const FOLDER = 'tmp/proof/logs';

/** Keeps the logs of apps and servers below `directory`, which is removed with the run. Returns where. */
export async function keepLogs(directory: string, name: string): Promise<string> {
  const folder = path.join(FOLDER, name.replaceAll(/[^\w.-]+/g, '-'));
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const isLog = (file: string): boolean => file === directory || /(kafka|broker-\d|\.log)$/.test(file);
  await cp(directory, folder, { recursive: true, filter: isLog });
  return folder;
}
