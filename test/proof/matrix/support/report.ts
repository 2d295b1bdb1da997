import type { Assignment, Check, Fragment } from '../../../../tools/proof/fragment.js';
import type { Cell } from './cells.js';
import type { Result } from './run-cell.js';
import { VERDICTS } from './verdicts.js';
import type { Verdict } from './verdicts.js';

const REPLAY = 'npx jest --selectProjects proof --runInBand --testPathPatterns test/proof/matrix';

/** One check per point and strike: all its cells. */
export const checkName = ({ point, strike }: Cell): string => `${point} ${strike}`;
export const isGood = ({ reached, wrong }: Result): boolean => reached && Object.keys(wrong).length === 0;

export function faultsOf({ cell, wrong }: Result): readonly string[] {
  return Object.entries(wrong).flatMap(([name, faults]) =>
    (faults ?? []).map((fault) => `${cell.id} ${name}: ${fault}`),
  );
}

function checksOf(results: readonly Result[], size: Assignment['size']): readonly Check[] {
  const names = [...new Set(results.map(({ cell }) => checkName(cell)))];
  return names.map((name) => {
    const here = results.filter(({ cell }) => checkName(cell) === name);
    const bad = here.filter((result) => !isGood(result));
    const only = bad.map(({ cell }) => cell.id).join(',');
    if (bad.length === 0) return { name, ok: true, detail: `${here.length} cells` };
    const replay = `npm run build && PROOF_SIZE=${size} PROOF_ONLY=${only} ${REPLAY}`;
    return { name, ok: false, detail: bad.flatMap(faultsOf).join('; ').slice(0, 2_000), replay };
  });
}

const at = (sorted: readonly number[], share: number): number | string =>
  sorted.length === 0 ? 'none' : Math.round(sorted[Math.ceil((sorted.length - 1) * share)]!);

function figuresOf(results: readonly Result[], tookMs: number): Fragment['figures'] {
  const recovered = (chosen: (cell: Cell) => boolean): readonly number[] =>
    results
      .filter(({ cell, recoveredMs }) => recoveredMs !== null && chosen(cell))
      .map(({ recoveredMs }) => recoveredMs!)
      .sort((a, b) => a - b);
  const killed = recovered(({ strike }) => strike === 'kill');
  const takenOver = recovered(({ strike, recovery, victim }) => {
    return strike === 'kill' && recovery === 'other' && victim === 'coordinator';
  });
  return {
    cells: results.length,
    'points reached': new Set(results.filter(({ reached }) => reached).map(({ cell }) => cell.point)).size,
    'recovery after a kill p50 ms': at(killed, 0.5),
    'recovery after a kill p99 ms': at(killed, 0.99),
    'recovery of a dead coordinator by others p99 ms': at(takenOver, 0.99),
    zombies: results.filter(({ cell }) => cell.strike === 'stop' && cell.recovery === 'other').length,
    'took s': Math.round(tookMs / 1_000),
  };
}

const INVARIANTS = Object.keys(VERDICTS).filter((name): name is Verdict => name !== 'meant');

function rowOf(result: Result): (string | number)[] {
  const { cell, reached, awayMs, recoveredMs, outcomes, wrong } = result;
  const { point, strike, situation, recovery, victim } = cell;
  const judged = outcomes.length > 0;
  const zombie = strike === 'stop' && recovery === 'other' ? (wrong.zombie ? 'CHANGED' : 'harmless') : '';
  return [
    ...[point, strike, situation, recovery, victim, reached ? 'yes' : 'NO'],
    Math.round(awayMs),
    recoveredMs === null ? 'no' : Math.round(recoveredMs),
    [...new Set(outcomes)].join(', '),
    ...INVARIANTS.map((name) => (wrong[name] ? 'BROKEN' : judged ? 'ok' : '?')),
    zombie,
    faultsOf(result).join('; ').slice(0, 500),
  ];
}

export function fragmentOf(results: readonly Result[], size: Assignment['size'], tookMs: number): Fragment {
  const before = [
    'point',
    'strike',
    'situation',
    'recovery by',
    'process',
    'reached',
    'away ms',
    'recovered ms',
    'decisions',
  ];
  return {
    layer: 'crash-matrix',
    figures: figuresOf(results, tookMs),
    checks: [...checksOf(results, size)],
    table: { columns: [...before, ...INVARIANTS, 'zombie', 'wrong'], rows: results.map(rowOf) },
  };
}

export function lineOf(result: Result, done: number, of: number): string {
  const { cell, awayMs, recoveredMs } = result;
  const took =
    recoveredMs === null ? '' : ` away ${Math.round(awayMs)} ms, recovered in ${Math.round(recoveredMs)} ms`;
  const verdict = isGood(result) ? 'ok' : `FAILED ${faultsOf(result).join('; ').slice(0, 1_500)}`;
  return `crash-matrix ${done}/${of} ${cell.id}${took}: ${verdict}\n`;
}
