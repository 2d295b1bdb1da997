import { describe, expect, it } from '@jest/globals';
import { filesMatching } from './tree.js';

const LIMIT_LINES = 350;

describe('a file is one concept', () => {
  it(`has at most ${LIMIT_LINES} lines`, () => {
    const tooLong = filesMatching(/\.(ts|mjs|cjs|js)$/)
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ lines }) => lines > LIMIT_LINES)
      .map(({ path, lines }) => `${path}: ${lines}`);

    expect(tooLong).toEqual([]);
  });
});
