/**
 * Loaded into each app of the layer (NODE_OPTIONS): at SIGUSR2 it collects all garbage and writes what is still held, in bytes,
 * to `<folder>/<pid>`, the folder being the query of the URL it was loaded by. Nothing of it is in the product.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const file = `${decodeURIComponent(new URL(import.meta.url).search.slice(1))}/${process.pid}`;
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
/** As before running out of memory: what is empty then goes back to the system, and resident memory says something, too. */
const giveBack = () => collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });

process.on('SIGUSR2', () => {
  // Twice: what the first one finalizes (buffers) the second one frees.
  collect();
  collect();
  giveBack();
  const { heapUsed, external } = process.memoryUsage();
  writeFileSync(`${file}.new`, String(heapUsed + external));
  renameSync(`${file}.new`, file);
});
