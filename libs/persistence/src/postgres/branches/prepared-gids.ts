import { textArray } from '../ledger/arrays.js';
import { branchId } from '../../port/branch-key.js';
import type { BranchKey, PreparedGid } from '../../port/branch-store.js';
import { formatGid } from '#protocol';
import type { OwnGids } from './own-gids.js';
import { elapsedMs, isoTime } from './rows.js';
import type { Run, Statement } from '../sessions/statement.js';

/** Gids are unique per server, not per database: other databases and other owners are none of our business (B5). */
const OURS = 'database = current_database() AND owner = current_user';

const which = (gids: readonly string[]): Statement => ({
  name: 'concordat_which_gids',
  text: `SELECT gid FROM pg_prepared_xacts WHERE ${OURS} AND gid = ANY($1::text[])`,
  values: [textArray(gids)],
});

const all = (): Statement => ({
  name: 'concordat_all_gids',
  text: `
    SELECT gid, ${isoTime('prepared')} AS prepared_at, ${elapsedMs('prepared')} AS age_ms
    FROM pg_prepared_xacts WHERE ${OURS} AND gid LIKE 'concordat:%' ORDER BY prepared, gid`,
  values: [],
});

/** branchIds of those keys whose gid is prepared now. */
export async function preparedOf(run: Run, own: OwnGids, keys: readonly BranchKey[]): Promise<Set<string>> {
  const byGid = new Map(
    keys.map((key) => [formatGid({ ...key, participant: own.participant }), branchId(key)]),
  );
  const { rows } = await run<{ gid: string }>(which([...byGid.keys()]));
  return new Set(rows.map(({ gid }) => byGid.get(gid) ?? ''));
}

/** Every own prepared transaction, oldest first. */
export async function preparedGids(run: Run, own: OwnGids): Promise<PreparedGid[]> {
  const { rows } = await run<{ gid: string; prepared_at: string; age_ms: number }>(all());
  return rows.flatMap(({ gid, prepared_at, age_ms }) => {
    const parsed = own.parse(gid);
    if (parsed === null) return [];
    const { gtx, attempt, branch } = parsed;
    return [{ gid, gtx, attempt, branch, preparedAt: prepared_at, ageMs: age_ms }];
  });
}
