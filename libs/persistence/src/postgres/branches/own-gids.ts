import { parseGid, type Gid } from '#protocol';
import { StoreError } from '../../port/branch-store.js';

/** The prepared transactions that belong to one participant, told by their names (B5). */
export class OwnGids {
  constructor(readonly participant: string) {}

  /** null for a foreign name. */
  parse(gid: string): Gid | null {
    const parsed = parseGid(gid);
    return parsed?.participant === this.participant ? parsed : null;
  }

  /**
   * The gid as a SQL literal: these statements take no parameters. Its charset has no quote and no backslash.
   * @throws StoreError NOT_OWNER for a foreign gid, before anything is sent
   */
  literal(gid: string): string {
    if (this.parse(gid) !== null) return `'${gid}'`;
    throw new StoreError('NOT_OWNER', `${gid} is no gid of participant ${this.participant}`, false, null);
  }
}
