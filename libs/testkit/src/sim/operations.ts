import { z } from 'zod';
import { ReadOnly, Refused } from '#participant';
import type {
  BatchResult,
  BranchContext,
  NamedStatement,
  OperationDefinition,
  SingleStep,
  StatementContext,
  StatementStep,
  Step,
} from '#participant';
import { StoreError } from '#persistence';
import type { MemoryClient, MemoryStatement } from '#persistence';
import type { Handlers, ParticipantStyle } from './shape.js';

const schema = z.strictObject({
  key: z.string(),
  amount: z.int(),
  /** What the handler does instead of its work. */
  act: z.enum(['work', 'refuse', 'read']).default('work'),
});
export type Add = z.output<typeof schema>;

/** What a branch left behind in the business data of its participant, written in the same local transaction as the work. */
export interface Mark {
  /** Net effect: 1 done, 0 undone. */
  readonly effect: number;
  /** Moments (in a count of all handler calls) of doing and undoing. */
  readonly doneAt: number | null;
  readonly undoneAt: number | null;
  /** Times the effect was applied and undone. */
  readonly done: number;
  readonly undone: number;
  /** A tcc reservation that was neither confirmed nor cancelled. */
  readonly held: boolean;
}

export const NO_MARK: Mark = { effect: 0, doneAt: null, undoneAt: null, done: 0, undone: 0, held: false };
export const markKey = (gtx: string, branch: string): string => `mark ${gtx} ${branch}`;

export interface OperationTools {
  readonly handlers: Handlers;
  /** What is there may not be made again, nor what is gone be taken away, as where keys and checks of the business say so. */
  readonly strict: boolean;
  /** The next number of one sequence over all handlers. */
  readonly moment: () => number;
  /** Whether this call fails for no reason of its own. */
  readonly fails: () => boolean;
}

type Context = BranchContext<Add>;
const clientOf = (tx: Context): MemoryClient => tx.client as unknown as MemoryClient;

type One = (tx: Context) => Promise<ReadOnly | void>;

/** Rows are locked in one order, as a handler of many branches should; the results are in the order of the branches. */
async function eachOf(batch: readonly Context[], one: One): Promise<readonly BatchResult[]> {
  const results = new Map<Context, BatchResult>();
  const ordered = [...batch].sort((a, b) => (a.payload.key < b.payload.key ? -1 : 1));
  for (const tx of ordered) results.set(tx, await refusedOr(() => one(tx)));
  return batch.map((tx) => results.get(tx));
}

/** The same as SQL that is only named: the twin runs it when it gets there. Whether the handler `looks` at what it returned is another way. */
const statementOf = (one: One, looks: boolean): StatementStep<Add> => ({
  statement: (contexts: readonly StatementContext<Add>[]): NamedStatement & MemoryStatement => ({
    ...{ text: '', values: [] },
    run: (client) =>
      eachOf(
        contexts.map((context) => Object.create(context, { client: { value: client } }) as Context),
        one,
      ),
    ...(looks && { results: (rows: readonly BatchResult[]) => rows }),
  }),
});

async function refusedOr(one: () => Promise<ReadOnly | void>): Promise<BatchResult> {
  try {
    return (await one()) ?? undefined;
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
}

/** A statement that fails where it has been carried out before, if the business is like that. */
async function refuseTwice(
  tx: Context,
  { strict }: OperationTools,
  wasDone: (mark: Mark) => boolean,
): Promise<void> {
  const mark = (await clientOf(tx).get(markKey(tx.gtx, tx.branch))) as unknown as Mark | undefined;
  if (strict && wasDone(mark ?? NO_MARK)) await clientOf(tx).failStatement('it was done before');
}

/** `add {key, amount}`, with a mark for the checkers; refuses, reads or fails as told. */
export function addOperation(style: ParticipantStyle, tools: OperationTools): OperationDefinition {
  const mark = (tx: Context, change: (mark: Mark) => Mark) =>
    clientOf(tx).update(markKey(tx.gtx, tx.branch), (value) => ({
      ...change((value as unknown as Mark | undefined) ?? NO_MARK),
    }));
  const change = async (tx: Context, factor: 1 | -1): Promise<void> => {
    await clientOf(tx).update(tx.payload.key, (value) => Number(value ?? 0) + factor * tx.payload.amount);
  };
  const failNowAndThen = (): void => {
    if (tools.fails()) throw new StoreError('OTHER', 'simulated: the handler failed', false, 'XX000');
  };
  const does = async (tx: Context): Promise<void> => {
    failNowAndThen();
    if (tx.payload.act === 'refuse') throw new Refused('REFUSED_BY_TEST');
    if (tx.payload.act === 'read') return;
    await refuseTwice(tx, tools, ({ effect }) => effect > 0);
    await mark(tx, (was) => ({
      ...was,
      effect: was.effect + 1,
      done: was.done + 1,
      doneAt: tools.moment(),
      held: false,
    }));
    await change(tx, 1);
  };
  const undoes = async (tx: Context): Promise<void> => {
    failNowAndThen();
    if (tx.payload.act === 'read') return;
    await refuseTwice(tx, tools, ({ effect }) => effect === 0);
    await mark(tx, (was) => ({
      ...was,
      effect: was.effect - 1,
      undone: was.undone + 1,
      undoneAt: tools.moment(),
    }));
    await change(tx, -1);
  };
  const step = (one: One, looks = true): Step<Add> =>
    tools.handlers === 'batch' ? { batch: (batch) => eachOf(batch, one) } : stepOfOne(one, looks);
  const stepOfOne = (one: One, looks = true): SingleStep<Add> | StatementStep<Add> =>
    tools.handlers === 'statement' ? statementOf(one, looks) : { one };
  const saga = { schema, action: step(does), compensate: step(undoes) };
  if (style === 'sagaOnly') return { name: 'add', saga } as OperationDefinition;
  if (style === 'xa')
    return { name: 'add', xa: { schema, work: stepOfOne(does) }, saga } as OperationDefinition;
  const tries = async (tx: Context): Promise<ReadOnly | void> => {
    failNowAndThen();
    if (tx.payload.act === 'refuse') throw new Refused('REFUSED_BY_TEST');
    if (tx.payload.act === 'read') return new ReadOnly();
    await refuseTwice(tx, tools, ({ held }) => held);
    await mark(tx, (was) => ({ ...was, held: true }));
  };
  const cancels = async (tx: Context): Promise<void> => {
    if (tx.payload.act !== 'work') return;
    await refuseTwice(tx, tools, ({ held }) => !held);
    await mark(tx, (was) => ({ ...was, held: false }));
  };
  const tcc = { schema, try: step(tries), confirm: step(does, false), cancel: step(cancels) };
  return { name: 'add', tcc, saga } as OperationDefinition;
}
