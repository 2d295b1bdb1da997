import type { Change } from '../transfer/account-sql.js';

/** What the floor's processes tell each other: as many records as the protocol's, and nothing to decide by them. */
export type Command =
  | { readonly type: 'PREPARE'; readonly gtx: string; readonly change: Change }
  | { readonly type: 'COMMIT'; readonly gtx: string };

export interface Reply {
  readonly type: 'VOTE' | 'ACK';
  readonly gtx: string;
}

export const commandTopic = (prefix: string, participant: string): string =>
  `${prefix}.commands.${participant}`;
export const replyTopic = (prefix: string): string => `${prefix}.replies`;
