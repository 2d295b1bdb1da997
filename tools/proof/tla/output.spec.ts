import { describe, expect, it } from '@jest/globals';

import { parseTlc, progressOf } from './output.js';

const message = (code: number, severity: number, text: string): string =>
  `@!@!@STARTMSG ${code}:${severity} @!@!@\n${text}\n@!@!@ENDMSG ${code} @!@!@\n`;

const BANNER = message(2262, 0, 'TLC2 Version 2.18 of 20 March 2023') + 'Parsing file XaBranch.tla\n';
const SUCCESS = message(2193, 0, 'Model checking completed. No error has been found.\n  Estimates ...');
const STATS = message(
  2199,
  0,
  '93823 states generated, 15290 distinct states found, 0 states left on queue.',
);
const DEPTH = message(2194, 0, 'The depth of the complete state graph search is 31.');
const FINISHED = message(2186, 0, 'Finished in 5012ms at (2026-11-21 04:54:00)');
const COVERAGE =
  message(2772, 0, '<Begin line 90, col 3 to line 91, col 5 of module XaBranch>: 1:2') +
  message(2772, 0, '<Crash line 95, col 3 to line 96, col 5 of module XaBranch>: 0:0');

const VIOLATION =
  message(2110, 1, 'Invariant G1_FollowsDecision is violated.') +
  message(2121, 1, 'The behavior up to this point is:') +
  message(2217, 4, '1: <Initial predicate>\n/\\ cell = "unknown"\n') +
  message(
    2217,
    4,
    '2: <DecideCommit line 97, col 17 to line 97, col 51 of module XaBranch>\n/\\ cell = "C"\n',
  );
const CUT_STATS = message(
  2199,
  0,
  '2117 states generated, 590 distinct states found, 228 states left on queue.',
);

describe('the output of TLC', () => {
  it('of a finished search gives its size and the actions it took', () => {
    expect(parseTlc(BANNER + SUCCESS + COVERAGE + STATS + DEPTH + FINISHED, 0)).toEqual({
      kind: 'holds',
      generated: 93_823,
      distinct: 15_290,
      depth: 31,
      actions: { Begin: 2, Crash: 0 },
    });
  });

  it('of a counterexample names what is violated, and the way there', () => {
    expect(parseTlc(BANNER + VIOLATION + CUT_STATS + DEPTH + FINISHED, 12)).toEqual({
      kind: 'violated',
      property: 'G1_FollowsDecision',
      steps: 2,
      trace: ['Initial', 'DecideCommit'],
    });
  });

  it('of a violated temporal property says so: TLC does not name it', () => {
    const output = BANNER + message(2116, 1, 'Temporal properties were violated.') + STATS + FINISHED;

    expect(parseTlc(output, 13)).toMatchObject({ kind: 'violated', property: 'temporal property' });
  });

  it.each([
    ['is empty', '', 0],
    ['is cut off before its end', BANNER + SUCCESS + STATS + DEPTH, 0],
    ['comes from a killed process', BANNER + SUCCESS + STATS + DEPTH, null],
    ['says success, but states are left', BANNER + SUCCESS + CUT_STATS + DEPTH + FINISHED, 0],
    ['says success, but has no counts', BANNER + SUCCESS + DEPTH + FINISHED, 0],
    ['has counts, but no success', BANNER + STATS + DEPTH + FINISHED, 0],
    ['says success and a violation', BANNER + SUCCESS + VIOLATION + STATS + DEPTH + FINISHED, 0],
    ['says success, but the exit code is of a violation', BANNER + SUCCESS + STATS + DEPTH + FINISHED, 12],
    ['reports a violation, but not of what', BANNER + message(2110, 1, 'garbled') + STATS + FINISHED, 12],
    ['is garbled', (BANNER + SUCCESS + STATS + DEPTH + FINISHED).replaceAll('@!@!@', '@!@'), 0],
    ['is that of a parse error', BANNER + message(3002, 1, 'Unknown operator: `Foo`') + FINISHED, 150],
  ])('is a failed run when it %s', (_, output, exitCode) => {
    expect(parseTlc(output, exitCode)).toMatchObject({ kind: 'failed' });
  });

  it('of a failed run shows the error of TLC', () => {
    const result = parseTlc(BANNER + message(3002, 1, 'Unknown operator: `Foo`') + FINISHED, 150);

    expect(result).toMatchObject({ why: expect.stringContaining('Unknown operator: `Foo`') });
  });

  it('shows the last progress', () => {
    const line = (states: number): string =>
      message(
        2200,
        0,
        `Progress(7) at 2026-11-21 04:53:59: ${states} states generated, 1 states left on queue.`,
      );

    expect(progressOf(BANNER)).toBeNull();
    expect(progressOf(BANNER + line(5) + line(9))).toBe('9 states generated, 1 states left on queue.');
  });
});
