import { z } from 'zod';
import {
  commandSchemas,
  deadLetterSchemas,
  initiatorSchemas,
  outcomeSchemas,
  replySchemas,
  requestSchemas,
} from './messages.js';

/** Version of a record that is one message. */
export const WIRE_VERSION = 1;
/** Version of a record of type PACK, which carries several. Whoever announces it reads both. */
export const PACK_VERSION = 2;
export const WIRE_VERSIONS: readonly number[] = [WIRE_VERSION, PACK_VERSION];

/** The header that names the other side, where the topic's messages have one. */
export type Party = 'participant' | 'initiator';

/** Fields of a body that the envelope looks at. */
export interface Addressed {
  readonly gtx?: string;
  readonly attempt?: number;
  readonly branch?: string;
}

/** What may be said on one kind of topic, and how its records are addressed. */
export interface Channel {
  readonly schemas: ReadonlyMap<string, z.ZodType>;
  /** Header that must name the participant or initiator; null: none. */
  readonly party: Party | null;
  /** The record key that belongs to a body; null: any key will do. */
  readonly key: (body: Addressed, party: string) => string | null;
}

const byGtx: Channel['key'] = (body, party) => body.gtx ?? party;

function channel(schemas: Record<string, z.ZodType>, party: Party | null, key: Channel['key']): Channel {
  // Compiled once: a decode costs about as much as its JSON.parse.
  const compiled = Object.entries(schemas).map(([type, schema]) => [type, z.compile(schema)] as const);
  return { schemas: new Map(compiled), party, key };
}

export const channels = {
  /** HELLO has no gtx and is keyed by the participant. */
  command: channel(commandSchemas, 'participant', byGtx),
  reply: channel(replySchemas, 'participant', byGtx),
  request: channel(requestSchemas, null, byGtx),
  initiator: channel(initiatorSchemas, 'initiator', byGtx),
  outcome: channel(outcomeSchemas, null, (body) => `${body.gtx}:${body.attempt}`),
  deadLetter: channel(deadLetterSchemas, null, () => null),
} as const;
