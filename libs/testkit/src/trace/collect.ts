import { parseGid } from '#protocol';
import type { DurableEvent, PlannedStep, TimelineFact, TransactionHistory } from './history.js';

/** Plain rows, as SQL or the in-memory twins give them. Rows that are missing here are read as "never was": read all of them. */
export interface TraceRows {
  readonly transactions: readonly { readonly gtx: string; readonly branches: readonly PlannedStep[] }[];
  /** In the order they were written, by transaction at least. */
  readonly timeline: readonly (TimelineFact & { readonly gtx: string })[];
  readonly branches: readonly BranchTraceRow[];
  /** gids of every database's pg_prepared_xacts; foreign ones are ignored. */
  readonly gids: readonly string[];
  readonly fences: readonly FenceRow[];
}

export interface BranchTraceRow {
  readonly participant: string;
  readonly gtx: string;
  readonly attempt: number;
  readonly branch: string;
  readonly state: string;
}

export interface FenceRow {
  readonly gtx: string;
  readonly branch: string;
  readonly max_attempt: number;
}

/** One history a transaction that anybody knows of: the coordinator's timeline, and a lane for every branch of every attempt. */
export function historiesOf(rows: TraceRows): readonly TransactionHistory[] {
  const prepared = rows.gids.flatMap((text) => {
    const gid = parseGid(text);
    return gid ? [{ ...gid, state: 'PREPARED' }] : [];
  });
  const plans = new Map(rows.transactions.map(({ gtx, branches }) => [gtx, branches]));
  const timelines = byGtx(rows.timeline);
  const branches = byGtx([...rows.branches, ...prepared].sort((a, b) => a.attempt - b.attempt));
  const fences = byGtx(rows.fences);
  const gtxs = new Set([...plans.keys(), ...timelines.keys(), ...branches.keys()]);
  return [...gtxs].map((gtx) => ({
    gtx,
    plan: plans.get(gtx) ?? [],
    history: 'latest',
    lanes: [
      (timelines.get(gtx) ?? []).map((fact): DurableEvent => ({ from: 'coordinator', fact })),
      ...(branches.get(gtx) ?? []).map((row): DurableEvent[] => [branchEvent(row)]),
    ],
    fences: new Map((fences.get(gtx) ?? []).map(({ branch, max_attempt }) => [branch, max_attempt])),
  }));
}

export const branchEvent = ({ participant, attempt, branch, state }: BranchTraceRow): DurableEvent => ({
  from: 'branch',
  participant,
  attempt,
  branch,
  state,
});

function byGtx<T extends { readonly gtx: string }>(rows: readonly T[]): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>();
  for (const row of rows) {
    const list = found.get(row.gtx);
    if (list) list.push(row);
    else found.set(row.gtx, [row]);
  }
  return found;
}
