import { describe, expect, it } from '@jest/globals';
import { sortedPage } from './sorted-page.js';

describe('a page of a small list', () => {
  it('goes on behind its cursor, each item once, to the end', () => {
    const all = ['c', 'a', 'e', 'b', 'd'];
    const first = sortedPage(all, { limit: 2 }, (name) => name);
    const second = sortedPage(all, { limit: 2, cursor: first.nextCursor! }, (name) => name);
    const third = sortedPage(all, { limit: 2, cursor: second.nextCursor! }, (name) => name);
    expect([first.items, second.items, third.items]).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
    expect(third.nextCursor).toBeNull();
  });

  it('refuses a cursor of something else', () => {
    expect(() => sortedPage([], { limit: 2, cursor: 'e30' }, String)).toThrow(/schema/);
  });
});
