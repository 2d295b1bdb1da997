import type { BranchRow, BranchStore, PreparedGid } from '#persistence';
import { BranchRowState } from '#protocol';

/** One branch as `GET /concordat/branches` shows it; payloads stay in the database. */
export interface ListedBranch extends Omit<BranchRow, 'payload'> {
  /** The prepared transaction that stands for a row nobody can see yet (xa, PREPARED); null for rows. */
  readonly gid: string | null;
}

export interface BranchPage {
  readonly items: readonly ListedBranch[];
  readonly nextCursor: string | null;
}

export interface BranchQuery {
  readonly state?: BranchRowState | undefined;
  readonly gtx?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

const AFTER_GID = 'g.';
const AFTER_ROW = 'r.';

/** Prepared transactions first, then rows, newest first. Throws RangeError for a cursor that is not of this list. */
export async function listBranches(
  store: BranchStore,
  usesXa: boolean,
  query: BranchQuery,
): Promise<BranchPage> {
  const { cursor = null, limit } = query;
  if (cursor !== null && !cursor.startsWith(AFTER_GID))
    return rowPage(store, query, rowCursor(cursor), limit);
  const after = cursor === null ? null : cursor.slice(AFTER_GID.length);
  const gids = usesXa ? await gidsAfter(store, query, after) : [];
  const shown = gids.slice(0, limit);
  if (gids.length > limit) return { items: shown.map(ofGid), nextCursor: `${AFTER_GID}${shown.at(-1)!.gid}` };
  const page = await rowPage(store, query, null, Math.max(1, limit - shown.length));
  const fits = shown.length + page.items.length <= limit;
  if (!fits) return { items: shown.map(ofGid), nextCursor: `${AFTER_GID}${shown.at(-1)!.gid}` };
  return { items: [...shown.map(ofGid), ...page.items], nextCursor: page.nextCursor };
}

function rowCursor(cursor: string): string {
  if (!cursor.startsWith(AFTER_ROW)) throw new RangeError('not a cursor of this list');
  return cursor.slice(AFTER_ROW.length);
}

async function rowPage(
  store: BranchStore,
  { state, gtx }: BranchQuery,
  cursor: string | null,
  limit: number,
): Promise<BranchPage> {
  const filter = { ...(state !== undefined && { state }), ...(gtx !== undefined && { gtx }) };
  const { items, nextCursor } = await store.listRows(filter, { limit, cursor });
  return { items: items.map(ofRow), nextCursor: nextCursor === null ? null : `${AFTER_ROW}${nextCursor}` };
}

/** gids carry their UUIDv7 in front: descending text order is newest first. */
async function gidsAfter(
  store: BranchStore,
  { state, gtx }: BranchQuery,
  after: string | null,
): Promise<readonly PreparedGid[]> {
  if (state !== undefined && state !== BranchRowState.Prepared) return [];
  return (await store.preparedGids())
    .filter(
      (prepared) => (gtx === undefined || prepared.gtx === gtx) && (after === null || prepared.gid < after),
    )
    .sort((a, b) => (a.gid < b.gid ? 1 : -1));
}

function ofRow({ payload: _payload, ...row }: BranchRow): ListedBranch {
  return { ...row, gid: null };
}

function ofGid({ gid, gtx, attempt, branch, ageMs, preparedAt }: PreparedGid): ListedBranch {
  const unseen = { operation: null, output: null, error: null, ledgerEpoch: 0 };
  return {
    gtx,
    attempt,
    branch,
    style: 'xa',
    state: BranchRowState.Prepared,
    ...unseen,
    updatedAt: preparedAt,
    ageMs,
    gid,
  };
}
