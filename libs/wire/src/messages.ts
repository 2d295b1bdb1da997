import { z } from 'zod';
import { Decision, NoCode, Phase, StepKind, Style, Vote } from '#protocol';
import { beginRequestSchema, MAX_TIMEOUT_MS } from './begin-request.js';
import { attemptNumber, count, gtxId, id, jsonPayload, text } from './scalars.js';

/** One strict schema per message (protocol.md §5). Headers carry `v`, `type`, `participant`, `attempt`, `branch`, `traceparent`. */

const branchAddress = { gtx: gtxId, attempt: attemptNumber, branch: id };
/** What every command adds: where to answer, and which ledger asks. */
const command = {
  ...branchAddress,
  ledgerEpoch: count,
  replyPartition: count.nullable(),
};
const work = { operation: id, payload: jsonPayload };
const fault = { code: text(64).nullable(), message: text(1024).nullable() };
const output = jsonPayload.default(null);

export const commandSchemas = {
  PREPARE: z.strictObject({ ...command, ...work, budgetMs: z.int().min(0).max(MAX_TIMEOUT_MS) }),
  COMMIT: z.strictObject(command),
  ABORT: z.strictObject(command),
  ACTION: z.strictObject({ ...command, ...work, kind: z.enum(StepKind) }),
  /** `settle`: plant the ACTION key if the action never ran, otherwise only report what it came to (a pivot is never undone). */
  COMPENSATE: z.strictObject({ ...command, operation: id, settle: z.boolean() }),
  FORGET: z.strictObject(command),
} as const;

export const replySchemas = {
  VOTE: z.strictObject({
    ...branchAddress,
    vote: z.enum(Vote),
    ...fault,
    noCode: z.enum(NoCode).nullable(),
    output,
  }),
  ACK: z.strictObject({
    ...branchAddress,
    state: z.enum(['COMMITTED', 'ABORTED', 'READ_ONLY', 'LOST']),
    output,
  }),
  RESULT: z.strictObject({
    ...branchAddress,
    phase: z.enum(Phase),
    result: z.enum(['DONE', 'FAILED', 'RETRY']),
    /** State of the saga branch after this; null for RETRY. */
    state: z.enum(['DONE', 'FAILED', 'COMPENSATED', 'NULL_COMPENSATED']).nullable(),
    ...fault,
    output,
  }),
  INQUIRY: z.strictObject({ ...branchAddress, ledgerEpoch: count }),
  HEURISTIC: z.strictObject({
    ...branchAddress,
    taken: z.enum(Decision),
    by: text(128),
    reason: text(1024),
  }),
  /** Keyed by the participant's name: it belongs to no transaction. */
  HELLO: z.strictObject({
    operations: z
      .array(z.strictObject({ name: id, styles: z.array(z.enum(Style)).min(1), compensates: z.boolean() }))
      .max(256),
    wireVersions: z.array(z.int().min(1).max(1000)).min(1).max(16),
    instance: text(128).min(1),
    /** New at each start of the process: "retry what waits for this participant now". */
    bootId: text(64).min(1),
  }),
} as const;

export const requestSchemas = {
  /** `gtx` is the transaction's id (`request.id`, when given, says the same); `initiator` names the topic that hears of it. */
  BEGIN: z
    .strictObject({
      gtx: gtxId,
      initiator: id,
      request: beginRequestSchema,
      idempotencyKey: text(128).min(1).nullable(),
    })
    .refine((begin) => begin.request.id === undefined || begin.request.id === begin.gtx, {
      path: ['request', 'id'],
      error: 'must equal gtx',
    }),
} as const;

export const initiatorSchemas = {
  ACCEPTED: z.strictObject({ gtx: gtxId }),
  REJECTED: z.strictObject({ gtx: gtxId, code: text(64), detail: text(2048) }),
  /** The final outcome (never between the attempts of a fallback). `reason`: the refusal code of the first NO, or why it was aborted. */
  OUTCOME: z.strictObject({
    gtx: gtxId,
    outcome: z.enum(['committed', 'aborted']),
    reason: text(256).nullable(),
  }),
} as const;

export const outcomeSchemas = {
  /** Keyed `gtx:attempt` (R4). */
  OUTCOME: z.strictObject({
    gtx: gtxId,
    attempt: attemptNumber,
    outcome: z.enum(Decision),
    reason: text(256).nullable(),
    ledgerEpoch: count,
  }),
} as const;

export const deadLetterSchemas = {
  /** A refused record. Built by `deadLetterOf`, which cuts what is longer than here; `truncated` says so. */
  DEAD_LETTER: z.strictObject({
    reason: text(64),
    detail: text(2048),
    topic: text(249),
    partition: count,
    offset: z.string().regex(/^[0-9]{1,19}$/),
    key: text(1024).nullable(),
    headers: z.record(text(256), text(4096)),
    /** The refused value, at most 64 KiB of it, as base64. */
    value: z.base64().max(90_000).nullable(),
    truncated: z.boolean(),
    app: text(64),
    instance: text(128),
  }),
} as const;
