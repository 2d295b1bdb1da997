/**
 * Where a layer puts what it does not keep (TMPDIR). An aborted layer tidies nothing up: its servers end with their parents, but their
 * directories stay, and a file system that it mounted.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Servers that were told to end may still write. */
const LOOKS = 60;
const LOOK_MS = 250;

/** A new directory that every user may enter: run by root, PostgreSQL is another user than its starter. */
export function makeLayerDirectory() {
  const directory = mkdtempSync(join(tmpdir(), 'proof-'));
  chmodSync(directory, 0o755);
  return directory;
}

/** Removes it with everything in it and on it. Resolves with what could not be removed, or null. */
export async function removeLayerDirectory(directory) {
  for (let looks = 1; looks < LOOKS && !isRemoved(directory); looks += 1) await sleep(LOOK_MS);
  return isRemoved(directory) ? null : `${directory} could not be removed`;
}

function isRemoved(directory) {
  if (!mountedBelow(directory).every(unmount)) return false;
  try {
    rmSync(directory, { recursive: true, force: true });
    return true;
  } catch (error) {
    // Something was written into it meanwhile.
    if (error.code === 'ENOTEMPTY' || error.code === 'EBUSY') return false;
    throw error;
  }
}

/** Linux says what is mounted; nothing is mounted elsewhere. */
function mountedBelow(directory) {
  if (process.platform !== 'linux') return [];
  const places = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  return places.filter((place) => place.startsWith(directory + sep));
}

/** False while somebody still uses it. */
function unmount(place) {
  const [file, ...args] = process.getuid?.() === 0 ? ['umount', place] : ['sudo', '-n', 'umount', place];
  return spawnSync(file, args, { stdio: 'ignore' }).status === 0;
}
