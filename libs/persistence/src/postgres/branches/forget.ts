import { compareBranchKeys } from '../../port/branch-key.js';
import type { BranchKey } from '../../port/branch-store.js';
import { keyColumns } from './rows.js';
import type { Run, Statement } from '../sessions/statement.js';

/** SQL NULL in payload is the mark of a forgotten row. updated_at stays, so this is a HOT update and the retention runs on. */
const forgetting = (keys: readonly BranchKey[]): Statement => ({
  text: `
    UPDATE concordat.branch b SET payload = NULL, output = NULL
    FROM unnest($1::uuid[], $2::text[], $3::int[]) AS k(gtx, branch, attempt)
    WHERE b.gtx = k.gtx AND b.branch = k.branch AND b.attempt = k.attempt AND b.state <> 'PREPARED'`,
  values: keyColumns(keys),
});

export async function forget(run: Run, keys: readonly BranchKey[]): Promise<void> {
  await run(forgetting([...keys].sort(compareBranchKeys)));
}
