import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { FAULT_POINTS } from '#observability';
import { assignmentOf, writeFragment } from '../../../tools/proof/fragment.js';
import { ALL, cellsFor } from './support/cells.js';
import { openEstate } from './support/estate.js';
import type { Estate } from './support/estate.js';
import { runCells } from './support/lanes.js';
import { faultsOf, fragmentOf, isGood, lineOf } from './support/report.js';
import type { Result } from './support/run-cell.js';

/** PROOF_ONLY=C4 or C4:kill or C4:kill:commit:same, several with commas: only these cells. */
const { size, fragmentFile } = assignmentOf('crash-matrix');
const cells = cellsFor(size, process.env['PROOF_ONLY']);
const CELL_MS = 60_000;

jest.setTimeout(120_000 + cells.length * CELL_MS);

describe(`${cells.length} of ${ALL.length} ways to die at a named point, real Kafka and PostgreSQL`, () => {
  const results: Result[] = [];
  let estate: Estate;
  beforeAll(async () => {
    estate = await openEstate();
  });
  afterAll(() => estate.close());

  it('each cell is run, and handed in', async () => {
    const since = performance.now();
    // What is known so far, each time: also a layer that is ended has told what it saw.
    const handIn = (result: Result): void => {
      results.push(result);
      results.sort((a, b) => cells.indexOf(a.cell) - cells.indexOf(b.cell));
      writeFragment(fragmentFile, fragmentOf(results, size, performance.now() - since));
    };
    await runCells(estate, cells, (result) => {
      handIn(result);
      process.stdout.write(lineOf(result, results.length, cells.length));
    });

    expect(results).toHaveLength(cells.length);
  });

  it.each([...new Set(cells.map(({ point }) => point))])(
    '%s: is reached, everything ends in time, no invariant breaks, no zombie changes anything',
    (point) => {
      const here = results.filter((result) => result.cell.point === point);
      expect(here.filter((result) => !isGood(result)).flatMap(faultsOf)).toEqual([]);
      expect(here).toHaveLength(cells.filter((cell) => cell.point === point).length);
    },
  );
});

it('every named point has a cell, and each is killed at CI size', () => {
  const killed = cellsFor('ci', undefined).filter(({ strike }) => strike === 'kill');
  expect(new Set(ALL.map(({ point }) => point))).toEqual(new Set(FAULT_POINTS));
  expect(new Set(killed.map(({ point }) => point))).toEqual(new Set(FAULT_POINTS));
});
