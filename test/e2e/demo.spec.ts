/** `npm run demo` tells a true story, and leaves nothing behind. Its times are not looked at. */
import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { temporaryDirectory, type TemporaryDirectory } from '#stack';
import { ROOT } from '../architecture/tree.js';

jest.setTimeout(300_000);

interface Run {
  readonly exitCode: number | null;
  readonly out: string;
  readonly errors: string;
}

function demo(args: readonly string[], temporary: string): Promise<Run> {
  const script = path.join(ROOT, 'dist', 'tools', 'demo', 'main.js');
  const child = spawn(process.execPath, [script, ...args], {
    cwd: ROOT,
    env: { ...process.env, TMPDIR: temporary, NO_COLOR: '1', NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { out: '', errors: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text.out += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text.errors += chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, ...text }));
  });
}

let directory: TemporaryDirectory;

beforeAll(async () => {
  directory = await temporaryDirectory('demo-test');
});

afterAll(() => directory?.remove());

describe('npm run demo', () => {
  it('shows a commit, a refusal, a fallback, and a crash from which the others recover', async () => {
    const { exitCode, out, errors } = await demo(['--fast'], directory.path);

    expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' });
    const acts = out.split(/^\d\. /m);
    expect(acts.map((act) => act.split('\n')[0])).toEqual([
      expect.stringContaining('Concordat'),
      'A commit',
      'A refusal',
      'A fallback',
      'A crash between votes and decision',
      'What is left',
    ]);
    const [, commit, refusal, fallback, crash, ending] = acts;
    expect(commit).toMatch(/BEGUN[^]*DECIDED.*COMMIT[^]*ENDED.*COMMITTED[^]*order CONFIRMED; teas 100 → 98/);
    expect(refusal).toMatch(/DECIDED.*ABORT: INSUFFICIENT_FUNDS[^]*ENDED.*ABORTED[^]*order REJECTED/);
    expect(fallback).toMatch(/ABORT: LOCK_TIMEOUT[^]*FALLBACK[^]*SAGA_COMPLETED[^]*order CONFIRMED/);
    expect(crash).toMatch(
      /payments-1 holds 1 prepared: concordat:payments:[^]*ENDED.*COMMITTED[^]*committed/,
    );
    expect(crash).toMatch(/TAKEN_OVER +(coordinator-2|watchdog-1) +from coordinator-1/);
    expect(ending).toContain('prepared transactions: 0; transactions that have not ended: 0');
    const left = await readdir(directory.path);
    expect(left.filter((name) => name.startsWith('concordat-'))).toEqual([]);
  });

  it('refuses an option that it does not know', async () => {
    const { exitCode, errors } = await demo(['--slow'], directory.path);

    expect(exitCode).toBe(2);
    expect(errors).toContain('Usage: npm run demo');
  });
});
