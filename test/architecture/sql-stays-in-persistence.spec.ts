import { describe, expect, it } from '@jest/globals';
import { filesMatching, linesMatching } from './tree.js';

/** A string or template that begins as a statement does. */
const STATEMENT =
  /['"`]\s*(select\s+[\w*(]|insert\s+into\s|update\s+\w+\s+set\s|delete\s+from\s|prepare\s+transaction|(commit|rollback)\s+prepared)/i;

describe('SQL lives in one place', () => {
  it('no library but persistence writes a statement', () => {
    const files = filesMatching(/^libs\/(?!persistence\/).*\.ts$/).filter(
      ({ path }) => !path.endsWith('.spec.ts'),
    );

    expect(linesMatching(files, STATEMENT)).toEqual([]);
  });
});
