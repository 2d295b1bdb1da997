import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { transformSync } from '@swc/core';
import type { Mutant } from './mutants.js';

/** What a copy needs to run the simulation and the specs; packages are found in the directories above it. */
const PARTS = ['libs', 'migrations', 'tools', 'package.json', 'jest.config.mjs', 'tsconfig.json'];
const LISTED = ['ls-files', '--cached', '--others', '--exclude-standard'];
const COMPILED = /^(libs|migrations|tools\/proof)\/.*(?<!\.spec|\.fixture|\.d)\.ts$/;

const COMPILER = {
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    target: 'es2023',
    keepClassNames: true,
  },
  module: { type: 'es6' },
  swcrc: false,
} as const;

/**
 * A copy of the sources in which bugs are planted one after the other: the product itself carries none, not even behind a flag.
 * Type errors do not matter: a mutant is run, not checked.
 */
export class SourceCopy {
  constructor(readonly dir: string) {
    rmSync(dir, { recursive: true, force: true });
    const files = execFileSync('git', [...LISTED, ...PARTS], { encoding: 'utf8' })
      .trim()
      .split('\n');
    for (const file of files) {
      mkdirSync(dirname(join(dir, file)), { recursive: true });
      cpSync(file, join(dir, file));
    }
    for (const file of files.filter((name) => COMPILED.test(name))) this.compile(file);
  }

  /** Plants a bug; returns what takes it out again. Throws when the place is not there exactly once. */
  plant({ name, file, find, replace }: Mutant): () => void {
    const path = join(this.dir, file);
    const source = readFileSync(path, 'utf8');
    if (source.split(find).length !== 2)
      throw new Error(`mutant "${name}": its place is not in ${file} exactly once; look at both`);
    this.write(
      file,
      source.replace(find, () => replace),
    );
    return () => this.write(file, source);
  }

  private write(file: string, source: string): void {
    writeFileSync(join(this.dir, file), source);
    this.compile(file);
  }

  private compile(file: string): void {
    const { code } = transformSync(readFileSync(join(this.dir, file), 'utf8'), {
      ...COMPILER,
      filename: file,
    });
    const target = join(this.dir, 'dist', file.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, code);
  }
}
