/** Names of prepared transactions (protocol.md §2): `concordat:<participant>:<gtx>:<attempt>:<branch>`, ≤ 199 bytes, unique per server. */

export interface Gid {
  readonly participant: string;
  readonly gtx: string;
  readonly attempt: number;
  readonly branch: string;
}

const PATTERN =
  /^concordat:([A-Za-z0-9_-]{1,64}):([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}):([1-9][0-9]{0,3}):([A-Za-z0-9_-]{1,64})$/;

/** Parts must already be checked ids: 10 + 64 + 1 + 36 + 1 + 4 + 1 + 64 = 181 bytes at most. */
export function formatGid(gid: Gid): string {
  return `concordat:${gid.participant}:${gid.gtx}:${gid.attempt}:${gid.branch}`;
}

/** null for every gid that is not ours by name: such a one is never touched. */
export function parseGid(text: string): Gid | null {
  const match = PATTERN.exec(text);
  if (!match) return null;
  const [, participant, gtx, attempt, branch] = match;
  return { participant: participant!, gtx: gtx!, attempt: Number(attempt), branch: branch! };
}
