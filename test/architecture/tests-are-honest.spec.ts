import { describe, expect, it } from '@jest/globals';
import { filesMatching, linesMatching, type SourceFile } from './tree.js';

/** Waiting a number of milliseconds instead of for what is awaited. */
const FIXED_SLEEP = /\b(await\s+(sleep|delay)\(\s*[\d_]+|setTimeout\(\s*(resolve|done|r)\s*,\s*[\d_]+)/;

/** An empty handler: the error is gone, and nobody knows. */
const SWALLOWED = /catch\s*(\([^)]*\))?\s*\{\s*\}|\.catch\(\s*\(\s*\)\s*=>\s*\{\s*\}\s*\)/;

/** The same said as an expression; it may stand where a comment beside it says why. */
const DROPPED = /\.catch\(\s*\(\s*\w*\s*\)\s*=>\s*(undefined|null)\s*\)/;

function droppedWithoutReason(file: SourceFile): string[] {
  const lines = file.text.split('\n');
  return lines.flatMap((line, index) => {
    const explained = /\/\//.test(line) || /^\s*(\/\/|\*)/.test(lines[index - 1] ?? '');
    return DROPPED.test(line) && !explained ? [`${file.path}:${index + 1}: ${line.trim()}`] : [];
  });
}

const specs = filesMatching(/\.spec\.ts$/);

describe('tests', () => {
  it('wait for a condition, never for a fixed time', () => {
    expect(linesMatching(specs, FIXED_SLEEP)).toEqual([]);
  });

  it('belong to a stage of the verify command, or to the proof', () => {
    const strays = specs
      .map(({ path }) => path)
      .filter(
        (path) => !/^(libs|apps|tools)\/|^test\/(architecture|integration|crash|e2e|proof)\//.test(path),
      );

    expect(strays).toEqual([]);
  });
});

describe('code', () => {
  it('swallows no error', () => {
    const code = filesMatching(/\.(ts|mjs|cjs)$/);

    expect(linesMatching(code, SWALLOWED)).toEqual([]);
    expect(code.flatMap(droppedWithoutReason)).toEqual([]);
  });
});
