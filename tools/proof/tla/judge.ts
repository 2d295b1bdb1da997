import type { Check } from '../fragment.js';
import type { Run } from './run.js';
import type { TlcResult } from './output.js';

/** One line of the summary: was it what the table expects? `seconds` is shown, never judged. */
export function judge(run: Run, result: TlcResult, seconds: number): Check {
  const told = (ok: boolean, detail: string): Check => ({
    name: run.name,
    ok,
    detail: `${detail}, ${seconds.toFixed(1)} s`,
    ...(ok ? {} : { replay: replayOf(run) }),
  });
  if (result.kind === 'failed') return told(false, result.why);
  return run.expect.kind === 'holds'
    ? judgeHolds(run.expect, result, told)
    : judgeViolated(run.expect, result, told);
}

type Told = (ok: boolean, detail: string) => Check;
type Finished = Exclude<TlcResult, { kind: 'failed' }>;

function judgeHolds(expect: Extract<Run['expect'], { kind: 'holds' }>, result: Finished, told: Told): Check {
  if (result.kind === 'violated') return told(false, violation(result));
  const seen = `${result.distinct} distinct states, ${result.generated} generated, depth ${result.depth}`;
  const { pinned } = expect;
  if (!pinned) return told(true, `${seen} (not pinned)`);
  return pinned.distinct === result.distinct && pinned.generated === result.generated
    ? told(true, seen)
    : told(false, `${seen}; pinned are ${pinned.distinct} distinct, ${pinned.generated} generated`);
}

function judgeViolated(
  expect: Extract<Run['expect'], { kind: 'violates' }>,
  result: Finished,
  told: Told,
): Check {
  if (result.kind === 'holds') return told(false, `nothing was violated in ${result.distinct} states`);
  return result.property === expect.property
    ? told(true, `${result.property} violated after ${result.steps} states`)
    : told(false, `${violation(result)}; expected was ${expect.property}`);
}

function violation(result: Extract<TlcResult, { kind: 'violated' }>): string {
  return `${result.property} violated after ${result.steps} states: ${result.trace.join(' > ')}`;
}

export function replayOf(run: Run): string {
  return `node dist/tools/proof/tla/main.js --only '${run.name}'`;
}
