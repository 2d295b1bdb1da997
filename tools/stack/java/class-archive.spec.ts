import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { temporaryDirectory } from '../temporary-directory.js';
import type { TemporaryDirectory } from '../temporary-directory.js';
import { ClassArchive } from './class-archive.js';

let directory: TemporaryDirectory;
beforeAll(async () => {
  directory = await temporaryDirectory('class-archive');
});
afterAll(() => directory.remove());

const draftOf = (archive: ClassArchive): string =>
  archive.flags().join(' ').split('-XX:ArchiveClassesAtExit=')[1]!.split(' ')[0]!;

it('is made by the first that ends by itself, and used by all that follow', async () => {
  const jars = path.join(directory.path, 'jars');
  const [killed, first, second] = ['a', 'a', 'a'].map((program) => new ClassArchive(jars, program, '17.0.1'));
  for (const archive of [killed!, first!, second!]) await writeFile(draftOf(archive), '');

  await killed!.keep({ code: null, signal: 'SIGKILL' });
  expect(second!.flags().join(' ')).toContain('ArchiveClassesAtExit');

  await first!.keep({ code: 143, signal: null });
  await second!.keep({ code: 0, signal: null });
  const [use] = new ClassArchive(jars, 'a', '17.0.1').flags();
  expect(use).toBe(`-XX:SharedArchiveFile=${jars}-a-17.0.1.jsa`);
  expect((await readdir(directory.path)).filter((file) => file.endsWith('.jsa'))).toEqual([
    'jars-a-17.0.1.jsa',
  ]);
  expect(new ClassArchive(jars, 'a', '21').flags().join(' ')).toContain('ArchiveClassesAtExit');
});
