import { describe, expect, it } from '@jest/globals';
import { BeginRejected, type BeginRejection } from '#coordination';
import { Problem } from '#service';
import { rejectionProblem } from './rejection-problem.js';

describe('a refused BEGIN', () => {
  it.each<[BeginRejection, number, string, boolean]>([
    ['OVERLOAD', 429, 'CONCORDAT_OVERLOADED', true],
    ['HELD', 503, 'CONCORDAT_HELD', true],
    ['BODY_MISMATCH', 409, 'CONCORDAT_BODY_MISMATCH', false],
    ['IMPOSSIBLE_PLAN', 422, 'CONCORDAT_IMPOSSIBLE_PLAN', false],
    ['UNKNOWN_PARTICIPANT', 422, 'CONCORDAT_UNKNOWN_PARTICIPANT', false],
    ['ID_TOO_OLD', 422, 'CONCORDAT_ID_TOO_OLD', false],
  ])('%s is %i %s, with Retry-After only where another try may help', (code, status, problemCode, again) => {
    const problem = rejectionProblem(new BeginRejected(code, 'because')) as Problem;
    expect(problem).toBeInstanceOf(Problem);
    expect([problem.status, problem.code]).toEqual([status, problemCode]);
    expect('retry-after' in problem.headers).toBe(again);
  });

  it('hands on every fault with its place', () => {
    const faults = [{ pointer: '/branches/0/after', detail: 'a waits for itself' }];
    const problem = rejectionProblem(new BeginRejected('IMPOSSIBLE_PLAN', 'because', faults)) as Problem;
    expect(problem.errors).toEqual(faults);
  });

  it('leaves every other error alone', () => {
    const error = new Error('other');
    expect(rejectionProblem(error)).toBe(error);
  });
});
