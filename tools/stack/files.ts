import { readFileSync } from 'node:fs';

/** The text of a file; undefined when there is none. Files of other processes come and go at any moment. */
export function readIfPresent(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
