import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';

const BLOCK = Buffer.alloc(256 * 1024);

/** A file system of its own in memory, of a size that can be filled up. */
export interface SmallDisk {
  readonly path: string;
  /** Fills it to the last byte. */
  fill(): void;
  /** Gives the space back. */
  free(): Promise<void>;
  unmount(): Promise<void>;
}

const run = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** root mounts; others may, where sudo asks for no password. */
const privileged = (command: string, ...args: string[]): boolean =>
  process.getuid?.() === 0 ? run(command, ...args) : run('sudo', '-n', command, ...args);

function fill(file: string): void {
  const descriptor = openSync(file, 'a');
  try {
    for (;;) writeSync(descriptor, BLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** undefined: this user may not mount here. */
export async function mountSmallDisk(at: string, sizeMiB: number): Promise<SmallDisk | undefined> {
  await mkdir(at, { recursive: true });
  if (!privileged('mount', '-t', 'tmpfs', '-o', `size=${sizeMiB}m,mode=0777`, 'tmpfs', at)) return undefined;
  const ballast = path.join(at, 'ballast');
  return {
    path: at,
    fill: () => fill(ballast),
    free: () => rm(ballast, { force: true }),
    unmount: async () => {
      if (!privileged('umount', at)) throw new Error(`${at} could not be unmounted`);
    },
  };
}
