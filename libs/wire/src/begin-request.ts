import { z } from 'zod';
import { Fallback, Mode, StepKind } from '#protocol';
import { gtxId, id, jsonPayload, text } from './scalars.js';

export const MAX_BRANCHES = 32;
export const MAX_SAGA_STEPS = 64;
/** Upper limit of a prepare budget: one hour. */
export const MAX_TIMEOUT_MS = 3_600_000;

const branchSchema = z.strictObject({
  id,
  participant: id,
  operation: id,
  payload: jsonPayload.default({}),
  kind: z.enum(StepKind).default('compensatable'),
  after: z.array(id).max(MAX_SAGA_STEPS).optional(),
});

/** What a client submits (api.md §2), the same over HTTP and Kafka. Unknown fields are refused. Shape only: see `#protocol` planFaults. */
export const beginRequestSchema = z
  .strictObject({
    id: gtxId.optional(),
    mode: z.enum(Mode).default('2pc'),
    fallback: z.enum(Fallback).default('none'),
    timeoutMs: z.int().min(1).max(MAX_TIMEOUT_MS).optional(),
    businessKey: text(128).min(1).optional(),
    description: text(1024).optional(),
    branches: z.array(branchSchema).min(1).max(MAX_SAGA_STEPS),
  })
  .refine((request) => request.mode === 'saga' || request.branches.length <= MAX_BRANCHES, {
    path: ['branches'],
    error: `at most ${MAX_BRANCHES} branches in 2pc`,
  });

/** The request after defaults. */
export type BeginRequest = z.output<typeof beginRequestSchema>;
/** The request as a client may write it. */
export type BeginRequestInput = z.input<typeof beginRequestSchema>;
