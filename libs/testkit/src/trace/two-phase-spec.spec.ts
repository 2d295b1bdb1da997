import { describe, expect, it } from '@jest/globals';
import { explore } from './two-phase-spec.js';

/** The numbers TLC prints for the original specification. */
describe('the port is the public specification of two-phase commit', () => {
  it('has its states for 3 resource managers', () => {
    expect(explore(3)).toEqual({ distinct: 288, generated: 1_146, depth: 11, inconsistent: 0 });
  });

  it('has its states for 6', () => {
    expect(explore(6)).toMatchObject({ distinct: 50_816, inconsistent: 0 });
  });
});
