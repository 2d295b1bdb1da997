/** The gauge that tells a leak from a heap that finds its size must see the one and not the other. */
import { once } from 'node:events';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';

import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { temporaryDirectory, type TemporaryDirectory } from '#stack';
import { gaugedInto, heldMiBOf, MAX_HELD_GROWTH_MIB } from './processes.js';

/** Makes 32 MiB of objects and as much of buffers at each line; keeps those of "keep". */
const PROGRAM = `
const kept = [];
process.stdin.on('data', (line) => {
  const made = [Array.from({ length: 400_000 }, (_, at) => ({ at, name: 'n' + at })), Buffer.alloc(32 << 20, 1)];
  if (String(line).includes('keep')) kept.push(made);
  process.stdout.write('made');
});
process.stdout.write('ready');
`;

let folder: TemporaryDirectory;
let child: ChildProcessWithoutNullStreams;

beforeAll(async () => {
  folder = await temporaryDirectory('gauge');
  child = spawn(process.execPath, [gaugedInto(folder.path), '--eval', PROGRAM]);
  await once(child.stdout, 'data');
});
afterAll(async () => {
  child.kill('SIGKILL');
  await once(child, 'exit');
  await folder.remove();
});

async function held(): Promise<number> {
  return heldMiBOf(child.pid!, `${folder.path}/${child.pid}`);
}
async function tell(word: string): Promise<void> {
  child.stdin.write(`${word}\n`);
  await once(child.stdout, 'data');
}

it('the gauge sees what a process keeps, and not what it only made', async () => {
  const before = await held();
  await tell('drop');
  expect((await held()) - before).toBeLessThan(MAX_HELD_GROWTH_MIB);
  await tell('keep');
  expect((await held()) - before).toBeGreaterThan(32);
});
