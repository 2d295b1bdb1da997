import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const isRoot = (directory: string): boolean => {
  const manifest = path.join(directory, 'package.json');
  return existsSync(manifest) && readFileSync(manifest, 'utf8').includes('"name": "concordat"');
};

/** The folder that holds package.json: the same one whether this file runs from tools/ or from dist/tools/. */
export function repositoryRoot(): string {
  let directory = path.dirname(fileURLToPath(import.meta.url));
  while (!isRoot(directory)) {
    const parent = path.dirname(directory);
    if (parent === directory) throw new Error('package.json of concordat not found above tools/stack');
    directory = parent;
  }
  return directory;
}
