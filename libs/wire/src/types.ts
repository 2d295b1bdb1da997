import type { z } from 'zod';
import type {
  commandSchemas,
  deadLetterSchemas,
  initiatorSchemas,
  outcomeSchemas,
  replySchemas,
  requestSchemas,
} from './messages.js';

type Bodies<S extends Record<string, z.ZodType>> = {
  [T in keyof S]: { readonly type: T } & Readonly<z.output<S[T]>>;
}[keyof S];

/** Coordinator → participant. `participant` is the receiver. */
export type CommandMessage = Bodies<typeof commandSchemas> & { readonly participant: string };
/** Participant → coordinator. `participant` is the sender, from the header. */
export type ReplyMessage = Bodies<typeof replySchemas> & { readonly participant: string };
export type RequestMessage = Bodies<typeof requestSchemas>;
export type InitiatorMessage = Bodies<typeof initiatorSchemas> & { readonly initiator: string };
export type OutcomeMessage = Bodies<typeof outcomeSchemas>;
export type DeadLetterMessage = Bodies<typeof deadLetterSchemas>;
