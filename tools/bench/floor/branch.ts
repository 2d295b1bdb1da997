import type { Change } from '../transfer/account-sql.js';

/** A branch as a participant of the floor knows it. */
export interface Branch {
  readonly gtx: string;
  readonly change: Change;
}

/** What a participant does with the commands of one fetch; it answers when the database has them. */
export interface FloorDesk {
  prepare(branches: readonly Branch[]): void;
  commit(branches: readonly Branch[]): void;
}

/** Tells the coordinator that these branches have voted, or are committed. */
export type Answer = (type: 'VOTE' | 'ACK', branches: readonly Branch[]) => void;
