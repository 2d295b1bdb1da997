import type { ClientBase } from 'pg';
import type { EntityManager } from 'typeorm';
import type { Log } from '#observability';
import type { BranchFault, Json } from '#protocol';
import type { BranchKey, HandlerStatement, LocalTransaction } from '#persistence';
import { isJsonPayload } from '#wire';
import type { Desk } from '../desk/desk.js';
import { ParticipantError } from '../errors.js';
import type { BranchContext, StatementContext } from '../operations/branch-context.js';
import { isBatch, isStatement } from '../operations/operation.js';
import type { BatchStep, SingleStep, StatementStep, Step } from '../operations/operation.js';
import { ReadOnly, Refused } from '../operations/refused.js';
import type { BatchResult, HandlerResult } from '../operations/refused.js';

/** One call of a handler for one branch. */
export interface Call {
  readonly key: BranchKey;
  readonly operation: string;
  readonly step: Step<unknown>;
  readonly payload: unknown;
  /** What the try or action returned, for confirm, cancel, compensate. */
  readonly output: Json;
  readonly deadlineMs: number;
}

/** What a handler said of one branch. */
export type Verdict =
  | { readonly refused: null; readonly output: Json; readonly readOnly: boolean }
  | { readonly refused: BranchFault };

/** Longest output as JSON: it must fit a row and a record many times over. */
const MAX_OUTPUT_BYTES = 512 * 1024;

/**
 * Runs handlers inside `tx`; verdicts in the order of the calls. A batch handler says of each branch whether it is refused; a refusal
 * that is thrown is thrown on, since it leaves half done what the handler wrote: the caller rolls back, and writes it down anew.
 * @throws Refused, or whatever else a handler throws
 */
export async function judge(
  desk: Desk,
  tx: LocalTransaction,
  calls: readonly Call[],
): Promise<readonly Verdict[]> {
  const verdicts = new Map<Call, Verdict>();
  for (const [step, group] of groupedByStep(calls)) {
    const found = await judgeGroup(desk, tx, step, group);
    group.forEach((call, index) => verdicts.set(call, found[index]!));
  }
  return calls.map((call) => verdicts.get(call)!);
}

async function judgeGroup(
  desk: Desk,
  tx: LocalTransaction,
  step: Step<unknown>,
  calls: readonly Call[],
): Promise<readonly Verdict[]> {
  if (!isBatch(step)) return judgeEach(desk, tx, step, calls);
  if (!isStatement(step)) return judgeBatch(desk, tx, step, calls);
  const asked = askOf(desk, step, calls);
  return asked.verdicts(await tx.run(asked.statement));
}

/** What calls of one step want to run, and how its rows are read. */
interface Ask {
  readonly statement: HandlerStatement;
  /** The handler does not look at the rows. */
  readonly unseen: boolean;
  verdicts(rows: readonly unknown[]): readonly Verdict[];
}

function askOf(desk: Desk, step: StatementStep<unknown>, calls: readonly Call[]): Ask {
  const statement = step.statement(calls.map((call) => statementContextFor(desk, call)));
  return {
    statement,
    unseen: statement.results === undefined,
    verdicts: (rows) => verdictsOf(calls, statement.results?.(rows)),
  };
}

/** SQL of handlers that goes along with our own, before anything is known of the branches. */
export interface Along {
  readonly statements: readonly HandlerStatement[];
  /** No handler looks at what its SQL returned: once it has run, all went well. */
  readonly unseen: boolean;
  /** In the order of the calls. */
  verdicts(answers: readonly (readonly unknown[])[]): readonly Verdict[];
}

/** null where nothing is to run, or a handler wants the open transaction: then all of them are called once it is there. */
export function along(desk: Desk, calls: readonly Call[]): Along | null {
  if (calls.length === 0 || !calls.every(({ step }) => isStatement(step))) return null;
  const asks = [...groupedByStep(calls)].map(
    ([step, group]) => [group, askOf(desk, step as StatementStep<unknown>, group)] as const,
  );
  return {
    statements: asks.map(([, { statement }]) => statement),
    unseen: asks.every(([, { unseen }]) => unseen),
    verdicts: (answers) => {
      const verdicts = new Map<Call, Verdict>();
      asks.forEach(([group, ask], at) => {
        const found = ask.verdicts(answers[at]!);
        group.forEach((call, index) => verdicts.set(call, found[index]!));
      });
      return calls.map((call) => verdicts.get(call)!);
    },
  };
}

/** The same for handlers that may not refuse any more: confirm, cancel, compensate. */
export async function carryOut(desk: Desk, tx: LocalTransaction, calls: readonly Call[]): Promise<void> {
  noneRefused(
    calls,
    await judge(desk, tx, calls).catch((error: unknown) => {
      throw error instanceof Refused ? mayNotRefuse(calls[0]!, faultOfRefusal(error)) : error;
    }),
  );
}

/** @throws Error for a handler that refused although it may not any more */
export function noneRefused(calls: readonly Call[], verdicts: readonly Verdict[]): void {
  verdicts.forEach(({ refused }, index) => {
    if (refused) throw mayNotRefuse(calls[index]!, refused);
  });
}

function mayNotRefuse({ operation }: Call, { code, message }: BranchFault): Error {
  return new Error(`${operation}: confirm, cancel and compensate may not refuse (${code}: ${message})`);
}

function groupedByStep(calls: readonly Call[]): ReadonlyMap<Step<unknown>, readonly Call[]> {
  const groups = new Map<Step<unknown>, Call[]>();
  for (const call of calls) {
    const group = groups.get(call.step);
    if (group) group.push(call);
    else groups.set(call.step, [call]);
  }
  return groups;
}

async function judgeEach(
  desk: Desk,
  tx: LocalTransaction,
  step: SingleStep<unknown>,
  calls: readonly Call[],
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const call of calls) verdicts.push(verdictOf(await step.one(contextFor(desk, tx, call))));
  return verdicts;
}

async function judgeBatch(
  desk: Desk,
  tx: LocalTransaction,
  step: BatchStep<unknown>,
  calls: readonly Call[],
): Promise<Verdict[]> {
  const contexts = calls.map((call) => contextFor(desk, tx, call));
  return verdictsOf(calls, await step.batch(contexts, tx.client));
}

function verdictsOf(calls: readonly Call[], results: readonly BatchResult[] | undefined | void): Verdict[] {
  if (results && results.length !== calls.length) {
    throw new Error(
      `${calls[0]!.operation}: a batch handler returned ${results.length} results for ${calls.length} branches`,
    );
  }
  return calls.map((_, index) => verdictOf(results?.[index]));
}

export const faultOfRefusal = ({ code, message }: Refused): BranchFault => ({ code, message });

function verdictOf(result: HandlerResult | BatchResult): Verdict {
  if (result instanceof Refused) return { refused: faultOfRefusal(result) };
  const readOnly = result instanceof ReadOnly;
  return { refused: null, output: checkedOutput(readOnly ? result.output : (result ?? null)), readOnly };
}

/** Checked before anything is promised: an output that cannot be stored or sent would strand a prepared branch. */
function checkedOutput(output: unknown): Json {
  if (output === null) return null;
  if (!isJsonPayload(output))
    throw new TypeError('a handler must return plain JSON, without U+0000 and half surrogate pairs');
  const sizeBytes = Buffer.byteLength(JSON.stringify(output));
  if (sizeBytes > MAX_OUTPUT_BYTES)
    throw new RangeError(
      `a handler returned ${sizeBytes} bytes, at most ${MAX_OUTPUT_BYTES}: return a reference instead`,
    );
  return output;
}

function contextFor(desk: Desk, tx: LocalTransaction, call: Call): BranchContext {
  let manager: EntityManager | null = null;
  return Object.assign(statementContextFor(desk, call), {
    client: tx.client as ClientBase,
    entityManager: () => (manager ??= managerOf(desk, tx)),
  });
}

function statementContextFor(desk: Desk, call: Call): StatementContext {
  const { gtx, attempt, branch } = call.key;
  let log: Log | null = null;
  return {
    ...{ gtx, attempt, branch, operation: call.operation, payload: call.payload, output: call.output },
    get budgetLeftMs() {
      return Math.max(0, call.deadlineMs - desk.clock.nowMs());
    },
    get log() {
      return (log ??= desk.log.child({ gtx, attempt, branch, operation: call.operation }));
    },
  };
}

function managerOf(desk: Desk, tx: LocalTransaction): EntityManager {
  if (desk.entityManager) return desk.entityManager(tx.client);
  throw new ParticipantError(
    'CONCORDAT_NO_ENTITY_MANAGER',
    'No TypeORM data source was given to this participant.',
    'Pass `entityManager` to createParticipant, or a data source to ParticipantModule.',
  );
}
