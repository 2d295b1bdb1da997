import { z } from 'zod';
import { BranchState, Decision, Fallback, Heuristic, Mode, StepKind, TransactionState } from '#protocol';
import type { Json } from '#protocol';
import { moment } from '../http/moment.js';

/** The shapes the API answers with, once: types for the code, JSON schema for the OpenAPI document. */

/** Any JSON; the payload check of the wire has let it in. */
const json = z.custom<Json>(() => true);
const outcome = z.enum(['committed', 'aborted']).nullable();

export const branchFaultSchema = z
  .object({ code: z.string(), message: z.string() })
  .describe('A NO code of the protocol, or the business code of a refusal.');

export const branchViewSchema = z.object({
  id: z.string(),
  participant: z.string(),
  operation: z.string(),
  kind: z.enum(StepKind),
  after: z.array(z.string()).readonly().describe('Saga steps that must be DONE before this one.'),
  state: z
    .enum(BranchState)
    .describe(
      'Of the current attempt. PREPARED is a vote, shown only where the driver of the transaction runs.',
    ),
  output: json.describe('What the participant answered; null while there is nothing.'),
  error: branchFaultSchema.nullable(),
});

export const attemptViewSchema = z.object({
  attempt: z.int().min(1),
  mode: z.enum(Mode),
  decision: z.enum(Decision).nullable().describe('Written once, never changed.'),
  reason: z
    .string()
    .nullable()
    .describe('Why ABORT: the code of the first NO, TIMEOUT, FORCE_ABORT, INQUIRY …'),
  decidedAt: moment.nullable(),
  decidedBy: z.string().nullable().describe('Instance that wrote the decision.'),
});

export const transactionViewSchema = z.object({
  id: z.string(),
  mode: z.enum(Mode).describe('As requested; each attempt has its own.'),
  fallback: z.enum(Fallback),
  state: z.enum(TransactionState),
  outcome: outcome.describe('Final once not null; null also between the attempts of a fallback.'),
  attempt: z.int().min(1).describe('The current one.'),
  attempts: z.array(attemptViewSchema).readonly(),
  branches: z.array(branchViewSchema).readonly(),
  heuristic: z.enum(Heuristic),
  businessKey: z.string().nullable(),
  description: z.string().nullable(),
  createdAt: moment,
  updatedAt: moment,
  deadline: moment.describe('Of the current attempt.'),
  endedAt: moment.nullable().describe('Every branch acknowledged its durable final state.'),
  driver: z.string().nullable().describe('Instance that pushes it now.'),
});

export const timelineEntrySchema = z.object({
  seq: z.string(),
  at: moment,
  kind: z
    .string()
    .describe('BEGUN, DECIDED, FALLBACK, BRANCH, STATE, TAKEN_OVER, RELEASED, TOMBSTONE, ENDED …'),
  attempt: z.int(),
  branch: z.string().nullable(),
  instance: z.string().describe('Who wrote it.'),
  detail: json,
});

export type TransactionView = z.output<typeof transactionViewSchema>;
export type BranchView = z.output<typeof branchViewSchema>;
export type TimelineEntryView = z.output<typeof timelineEntrySchema>;
