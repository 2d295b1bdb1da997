import type { z } from 'zod';
import type { BranchContext } from './branch-context.js';
import type { BatchResult, HandlerResult } from './refused.js';

/** One handler for one branch; it runs inside the branch's local transaction. */
export interface SingleStep<T> {
  one(tx: BranchContext<T>): Promise<HandlerResult>;
}

/**
 * One handler for many branches in one local transaction: the fast path, one statement a phase a batch. `client` is the open
 * connection. Returns one result a context in their order, or nothing when all went well without output. A context it refuses
 * must have changed nothing. When it throws, the batch is rolled back and runs again one by one.
 */
export interface BatchStep<T> {
  batch(
    contexts: readonly BranchContext<T>[],
    client: unknown,
  ): Promise<readonly BatchResult[] | undefined | void>;
}

export type Step<T> = SingleStep<T> | BatchStep<T>;

/** Business SQL in one local transaction that is prepared by PREPARE TRANSACTION. */
export interface XaStyle<T> {
  readonly schema: z.ZodType<T>;
  readonly work: SingleStep<T>;
}

/** `try` reserves and commits; `confirm` or `cancel` follow the decision. */
export interface TccStyle<T> {
  readonly schema: z.ZodType<T>;
  readonly try: Step<T>;
  readonly confirm: Step<T>;
  readonly cancel: Step<T>;
}

/** `action` commits; `compensate` undoes it. A pivot or retriable step may do without. */
export interface SagaStyle<T> {
  readonly schema: z.ZodType<T>;
  readonly action: Step<T>;
  readonly compensate?: Step<T> | undefined;
}

/**
 * What a participant offers under one name: at most one of xa and tcc, and optionally its saga half. The command decides which
 * half runs: PREPARE, COMMIT and ABORT the 2PC style, ACTION and COMPENSATE the saga.
 */
export interface OperationDefinition<T = unknown> {
  readonly name: string;
  readonly xa?: XaStyle<T> | undefined;
  readonly tcc?: TccStyle<T> | undefined;
  readonly saga?: SagaStyle<T> | undefined;
}

/** Infers the payload's type of handlers that are written in place; changes nothing. */
export function defineOperation<T>(definition: OperationDefinition<T>): OperationDefinition {
  return definition;
}

export function isBatch<T>(step: Step<T>): step is BatchStep<T> {
  return 'batch' in step;
}
