import { WIRE_VERSIONS } from '#wire';
import type { Desk } from '../desk/desk.js';
import type { OutgoingReply } from '../desk/work.js';

/** A start re-sends at most this many votes; the rest are asked for by PREPARE. */
const MAX_VOTES = 5_000;

/** HELLO: what this participant offers, and that it is alive. `bootId` is new at each start. */
export function helloOf(desk: Desk, instance: string, bootId: string): OutgoingReply {
  const operations = desk.catalog.announced.map((operation) => ({
    ...operation,
    styles: [...operation.styles],
  }));
  return byKey({
    type: 'HELLO',
    participant: desk.participant,
    operations,
    wireVersions: [...WIRE_VERSIONS],
    instance,
    bootId,
  });
}

/** The votes of everything that is prepared here, read from the database: what a process that died may not have sent. */
export async function heldVotes(desk: Desk): Promise<readonly OutgoingReply[]> {
  const gids = desk.catalog.usesXa ? await desk.store.preparedGids() : [];
  const rows = await desk.store.preparedRows({ olderThanMs: 0, limit: MAX_VOTES });
  const held = [...gids.slice(0, MAX_VOTES).map((gid) => ({ ...gid, output: null })), ...rows];
  return held.map(({ gtx, attempt, branch, output }) => {
    const address = { participant: desk.participant, gtx, attempt, branch };
    return byKey({ type: 'VOTE', ...address, vote: 'YES', noCode: null, code: null, message: null, output });
  });
}

function byKey(message: OutgoingReply['message']): OutgoingReply {
  return { message, partition: null, traceparent: null };
}
