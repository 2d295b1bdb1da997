import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GENERATED } from './documents.js';

/** `npm run docs:generate`: brings every generated document up to date. */
const root = process.cwd();

for (const { path, render } of GENERATED) {
  const file = join(root, path);
  const current = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const wanted = render(current, root);
  if (wanted !== current) {
    writeFileSync(file, wanted);
    process.stdout.write(`${path}\n`);
  }
}
