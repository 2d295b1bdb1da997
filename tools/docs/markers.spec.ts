import { describe, expect, it } from '@jest/globals';

import { fillSections } from './markers.js';

describe('a marked section', () => {
  const text = 'a\n<!-- x:begin -->\nold\n<!-- x:end -->\nb\n';

  it('is replaced, and nothing else', () => {
    const filled = fillSections(text, { x: 'new $& text' });
    expect(filled).toMatch(/^a\n<!-- x:begin -->\n[^]*\nnew \$& text\n[^]*<!-- x:end -->\nb\n$/);
    expect(fillSections(filled, { x: 'new $& text' })).toBe(filled);
  });

  it('that nobody fills, or content that nobody shows, is refused', () => {
    expect(() => fillSections(text, {})).toThrow(/section x/);
    expect(() => fillSections(text, { x: '', y: '' })).toThrow(/no markers for y/);
  });
});
