import { plainArray, textArray } from '../ledger/arrays.js';
import { branchId, compareBranchKeys } from '../../port/branch-key.js';
import type { BranchRow, RowMove } from '../../port/branch-store.js';
import { see } from './look.js';
import { jsonColumn, keyColumns, toBranchRow, UPDATED_ROW_COLUMNS, type RawRow } from './rows.js';
import type { Run, Statement } from '../sessions/statement.js';

export interface Moved {
  readonly moved: boolean;
  readonly row: BranchRow | null;
}

/** The look-up is in a function of the schema, so that its plan is its own in a session whose planner belongs to the handlers. */
const MOVED = `
  FROM concordat.move_rows($1::uuid[], $2::text[], $3::int[], $4::text[], $5::text[], $6::json[], $7::json[], $8::bool[]) b`;

const columnsOf = (moves: readonly RowMove[]): unknown[] => [
  ...keyColumns(moves.map((m) => m.key)),
  textArray(moves.map((m) => m.from.join(','))),
  plainArray(moves.map((m) => m.to)),
  jsonColumn(moves.map((m) => m.output)),
  jsonColumn(moves.map((m) => m.error ?? undefined)),
  plainArray(moves.map((m) => m.error === null)),
];

const move = (moves: readonly RowMove[]): Statement => ({
  name: 'concordat_move_rows',
  text: `SELECT ${UPDATED_ROW_COLUMNS} ${MOVED}`,
  values: columnsOf(moves),
});

export interface CountedMoves {
  readonly moved: number;
}

/** The same for a caller who knows the rows. */
export const countingMoves = (moves: readonly RowMove[]): Statement => ({
  name: 'concordat_count_moves',
  text: `SELECT count(*)::int AS moved ${MOVED}`,
  values: columnsOf(firstOfEachKey(moves)),
});

/** SQLSTATE of `concordat.move_all_rows` where a row did not move. */
export const NOT_ALL_MOVED = 'CC002';

/** The same for a caller who commits along with it: it fails where a row does not move. */
export const movingAll = (moves: readonly RowMove[]): Statement => ({
  name: 'concordat_move_all_rows',
  text: 'SELECT concordat.move_all_rows($1::uuid[], $2::text[], $3::int[], $4::text[], $5::text[], $6::json[], $7::json[], $8::bool[])',
  values: columnsOf(firstOfEachKey(moves)),
});

/** Rows that did not move, read in a *new* statement: the old one's snapshot may be from before somebody else moved them. */
async function stayed(run: Run, moves: readonly RowMove[]): Promise<Map<string, BranchRow>> {
  const seen = await see(
    run,
    moves.map((m) => m.key),
    false,
  );
  return new Map([...seen.rows.values()].flat().map((row) => [branchId(row), row]));
}

/** The first move of every key, in lock order: a row cannot move twice in one statement. */
function firstOfEachKey(moves: readonly RowMove[]): RowMove[] {
  const first = new Map<string, RowMove>();
  for (const m of moves) if (!first.has(branchId(m.key))) first.set(branchId(m.key), m);
  return [...first.values()].sort((a, b) => compareBranchKeys(a.key, b.key));
}

/** One statement when every row moves, which is the rule; a second one for those that did not. */
export async function moveRows(run: Run, moves: readonly RowMove[]): Promise<Moved[]> {
  const answer = await run<RawRow>(move(firstOfEachKey(moves)));
  const rows = new Map(answer.rows.map((raw) => [branchId(raw), toBranchRow(raw)]));
  const others = moves.filter((m) => !rows.has(branchId(m.key)));
  const left = others.length === 0 ? new Map<string, BranchRow>() : await stayed(run, others);
  const unclaimed = new Set(rows.keys());
  return moves.map(({ key }) => {
    const id = branchId(key);
    return { moved: unclaimed.delete(id), row: rows.get(id) ?? left.get(id) ?? null };
  });
}
