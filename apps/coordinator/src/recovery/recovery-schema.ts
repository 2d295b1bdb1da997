import { z } from 'zod';
import { TransactionState } from '#protocol';
import type { Json } from '#protocol';
import { pageQuery } from '#service';
import { attemptNumber, id, text } from '#wire';
import { ageMs, flag } from '../http/query.js';
import { waitingSchema } from '../registry/registry-schema.js';
import { moment } from '../http/moment.js';

const json = z.custom<Json>(() => true);

// ---- what callers send

const reason = text(1024).min(1).describe('Why; kept in the audit log.');
export const reasonSchema = z.strictObject({ reason });
export type ReasonBody = z.output<typeof reasonSchema>;

export const resolveSchema = z.strictObject({
  reason,
  attempt: attemptNumber,
  branch: id,
  state: z.enum(['COMMITTED', 'ABORTED']).describe('What the evidence says the branch came to.'),
});
export type ResolveBody = z.output<typeof resolveSchema>;

export const holdSchema = z.strictObject({
  reason,
  raiseEpoch: z
    .boolean()
    .default(false)
    .describe('After a restore to an older point: answers for older epochs stay UNKNOWN until release.'),
});
export type HoldBody = z.output<typeof holdSchema>;

export const dryRunQuerySchema = z.strictObject({
  dryRun: flag.default(false).describe('1: say what would happen, do nothing (the audit row is written).'),
});
export type DryRunQuery = z.output<typeof dryRunQuerySchema>;

export const inDoubtQuerySchema = z.strictObject({
  ...pageQuery,
  olderThanMs: ageMs.default(0),
  participant: id.optional(),
});
export type InDoubtQuery = z.output<typeof inDoubtQuerySchema>;

// ---- what they get

const command = z.object({ type: z.string(), attempt: z.int(), branch: z.string(), participant: z.string() });

export const evidenceSchema = z
  .object({
    state: z.string(),
    attempt: z.int(),
    decision: z.string().nullable(),
    driver: z.string().nullable(),
    drivenHere: z.boolean(),
    votes: z
      .array(z.object({ branch: z.string(), vote: z.string(), code: z.string().nullable() }))
      .readonly()
      .describe('Held in memory where the transaction is driven; empty elsewhere.'),
    results: z.array(z.object({ attempt: z.int(), branch: z.string(), state: z.string() })).readonly(),
    outstanding: z.array(command).readonly().describe('Commands that wait for an answer.'),
    tries: z.int().describe('Re-sends since the last progress.'),
    ageMs: z.number(),
    deadlineLeftMs: z.number().describe('Negative when past.'),
    waitingLocks: z.array(json).readonly(),
  })
  .describe('What an operator needs to judge a transaction.');

export const inDoubtSchema = z.object({
  id: z.string(),
  state: z.enum(TransactionState),
  businessKey: z.string().nullable(),
  createdAt: moment,
  updatedAt: moment,
  inDoubt: z.array(command).readonly().describe('Branches that may be prepared and have not acknowledged.'),
  evidence: evidenceSchema,
});
export type InDoubtView = z.output<typeof inDoubtSchema>;

export const actionResultSchema = z.object({
  id: z.string(),
  action: z.string(),
  dryRun: z.boolean(),
  effect: z.string(),
  evidence: evidenceSchema,
});
export type ActionResultView = z.output<typeof actionResultSchema>;

export const effectSchema = z.object({
  dryRun: z.boolean(),
  effect: z.string(),
  hold: z.boolean(),
  epoch: z.int(),
});
export type EffectView = z.output<typeof effectSchema>;

export const scanResultSchema = z.object({
  dryRun: z.boolean(),
  effect: z.string(),
  takenOver: z.int(),
});
export type ScanResultView = z.output<typeof scanResultSchema>;

export const summarySchema = z.object({
  instance: z.string(),
  ready: z.boolean(),
  hold: z.boolean().describe('BEGIN answers 503 and no ABORT is answered.'),
  epoch: z.int(),
  inflight: z.int().describe('Transactions in the memory of this instance.'),
  inDoubt: z.object({
    ...waitingSchema.shape,
    participants: z.record(z.string(), waitingSchema),
  }),
  instances: z.object({ alive: z.array(z.string()).readonly(), dead: z.array(z.string()).readonly() }),
  lastSweep: z.object({ at: moment, tookMs: z.number(), takenOver: z.int() }).nullable(),
});
export type SummaryView = z.output<typeof summarySchema>;

export const auditEntrySchema = z.object({
  id: z.string(),
  at: moment,
  action: z.string(),
  gtx: z.string().nullable(),
  caller: z.string(),
  reason: z.string(),
  dryRun: z.boolean(),
  accepted: z.boolean(),
  detail: json,
});
export type AuditView = z.output<typeof auditEntrySchema>;
