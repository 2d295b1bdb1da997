import { expect, it } from '@jest/globals';
import { systemRandom } from './system-random.js';

it('ids carry the time they were made at, and no two share their random part however many are drawn', () => {
  const beforeMs = Date.now();
  const ids = Array.from({ length: 2000 }, () => systemRandom.uuidv7());
  const afterMs = Date.now();

  for (const id of ids) {
    const madeMs = Number.parseInt(id.replace('-', '').slice(0, 12), 16);
    expect(madeMs).toBeGreaterThanOrEqual(beforeMs);
    expect(madeMs).toBeLessThanOrEqual(afterMs);
  }
  expect(new Set(ids.map((id) => id.slice(24))).size).toBe(ids.length);
});
