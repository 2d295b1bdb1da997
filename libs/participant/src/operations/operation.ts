import type { z } from 'zod';
import type { BranchContext, StatementContext } from './branch-context.js';
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

/** SQL of a handler. With a `name` the server parses it once per session; one name, one text. */
export interface NamedStatement {
  readonly name?: string;
  readonly text: string;
  readonly values: readonly unknown[];
  /**
   * One result a context in their order, out of the rows that the statement returned. Absent, or nothing: all went well without output.
   * Where it is absent, a decision is committed in the same message.
   */
  // Who wrote the statement knows what it returns.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  results?(rows: readonly any[]): readonly BatchResult[] | undefined;
}

/**
 * One handler for many branches that names its SQL instead of running it: the fastest path. Concordat sends the statement in one message
 * with its own, so that a phase waits for the database once or twice, and three or four times with a batch handler. It is called before anything is
 * known of the branches, and once more where one of them turns out to have been dealt with before (nothing is left of the first
 * call then): it must do nothing but name SQL, and change nothing of what it is given. Else the rules of {@link BatchStep}.
 */
export interface StatementStep<T> {
  statement(contexts: readonly StatementContext<T>[]): NamedStatement;
}

export type Step<T> = SingleStep<T> | BatchStep<T> | StatementStep<T>;

/** Business SQL in one local transaction that is prepared by PREPARE TRANSACTION. */
export interface XaStyle<T> {
  readonly schema: z.ZodType<T>;
  /** A {@link StatementStep} is called for one branch at a time here. */
  readonly work: SingleStep<T> | StatementStep<T>;
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

/** Whether it takes many branches at once. */
export function isBatch<T>(step: Step<T>): step is BatchStep<T> | StatementStep<T> {
  return !('one' in step);
}

export function isStatement<T>(step: Step<T>): step is StatementStep<T> {
  return 'statement' in step;
}
