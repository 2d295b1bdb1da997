import type { BranchKey, BranchRow } from '../../port/branch-store.js';
import { decodeBranchCursor, encodeBranchCursor } from '../../port/branch-cursor.js';
import { ROW_COLUMNS, toBranchRow, type RawRow } from './rows.js';
import type { Run, Statement } from '../sessions/statement.js';

export interface RowFilter {
  readonly state?: string;
  readonly gtx?: string;
}

/** Newest first = the primary key backwards. Only PREPARED has an index of its own, which a literal makes usable. */
function page(filter: RowFilter, after: BranchKey | null, limit: number): Statement {
  const values: unknown[] = [limit];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const where = ['true'];
  if (filter.state === 'PREPARED') where.push(`b.state = 'PREPARED'`);
  else if (filter.state !== undefined) where.push(`b.state = ${bind(filter.state)}`);
  if (filter.gtx !== undefined) where.push(`b.gtx = ${bind(filter.gtx)}::uuid`);
  if (after !== null) {
    where.push(
      `(b.gtx, b.branch, b.attempt) < (${bind(after.gtx)}::uuid, ${bind(after.branch)}, ${bind(after.attempt)}::int)`,
    );
  }
  return {
    text: `
      SELECT ${ROW_COLUMNS} FROM concordat.branch b WHERE ${where.join(' AND ')}
      ORDER BY b.gtx DESC, b.branch DESC, b.attempt DESC LIMIT $1`,
    values,
  };
}

/** One row more than asked for tells whether another page follows. */
export async function listRows(
  run: Run,
  filter: RowFilter,
  { limit, cursor }: { limit: number; cursor: string | null },
): Promise<{ items: BranchRow[]; nextCursor: string | null }> {
  const { rows } = await run<RawRow>(page(filter, decodeBranchCursor(cursor), limit + 1));
  const items = rows.slice(0, limit).map(toBranchRow);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? encodeBranchCursor(last) : null };
}
