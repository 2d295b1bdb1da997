import { BranchRowState, movableFrom, NoCode, plainNo, prepareRule, storedNo } from '#protocol';
import type { BranchFault, No } from '#protocol';
import { StoreError } from '#persistence';
import type { LocalTransaction, NewBranchRow, RowMove } from '#persistence';
import { no, yes } from '../desk/answers.js';
import { MAX_TRIES, reach } from '../desk/desk.js';
import type { Desk } from '../desk/desk.js';
import { faultOfBranch, looksAgain, noOfFault } from '../desk/fault.js';
import type { Answer, Work, WorkOf } from '../desk/work.js';
import { parsePayload } from '../operations/catalog.js';
import { isStatement } from '../operations/operation.js';
import { Refused } from '../operations/refused.js';
import type { Along, Call, Verdict } from './judge.js';
import { along, faultOfRefusal, judge } from './judge.js';
import type { Executor } from './one-by-one.js';
import { budgetSpent, repeated, seenOf } from './seen.js';
import { ending, rowFor } from './transaction.js';

/** A PREPARE before its local transaction: a handler to call, or a NO that is known already. Both leave a row. */
interface Plan {
  readonly work: WorkOf<'PREPARE'>;
  readonly call: Call | null;
  readonly refuse: No | null;
}

/**
 * PREPARE by reservation (tcc), also for operations that cannot be prepared at all: fence and row first (their key keeps copies
 * apart), then the business, in one local transaction a batch. A NO known before the commit leaves its tombstone in the same write.
 */
export const prepareTcc: Executor<WorkOf<'PREPARE'>> = { asOne: prepareOnce, alone: prepareOne };

async function prepareOne(desk: Desk, work: WorkOf<'PREPARE'>): Promise<Answer> {
  let refused: BranchFault | null = null;
  for (let tries = 1; ; tries += 1) {
    try {
      return (await prepareOnce(desk, [work], refused))[0]!;
    } catch (error) {
      if (error instanceof Refused) {
        refused = faultOfRefusal(error);
        continue;
      }
      const fault = await faultOfBranch(desk, error);
      const known = repeated(work, prepareRule(seenOf(await desk.look(work.key)), false));
      if (known) return known;
      if (tries >= MAX_TRIES || !looksAgain(fault)) return no(work, noOfFault(fault));
    }
  }
}

/** @param refused by the handler, which was rolled back: its tombstone is all there is to write */
async function prepareOnce(
  desk: Desk,
  works: readonly WorkOf<'PREPARE'>[],
  refused: BranchFault | null = null,
): Promise<readonly Answer[]> {
  // TLA+: PrepareYes, PrepareExpired
  const plans = works.map((work) => (refused ? planRefused(work, refused) : planOf(desk, work)));
  const sent = along(desk, callsOf(plans));
  const fresh = (sent && (await preparedAtOnce(desk, plans, sent))) ?? (await prepareInTurn(desk, plans));
  return Promise.all(works.map(async (work) => fresh.get(work) ?? repeatVote(desk, work)));
}

const callsOf = (plans: readonly Plan[]): Call[] => plans.flatMap(({ call }) => call ?? []);

/** Votes of the branches that were prepared here; the others were dealt with before. */
type Votes = ReadonlyMap<Work, Answer>;

/** Rows and the handlers' SQL in one message. null: SQL ran for a branch that was dealt with before, so nothing of it may stay. */
async function preparedAtOnce(desk: Desk, plans: readonly Plan[], sent: Along): Promise<Votes | null> {
  await reach(desk, 'P1', callsOf(plans).length);
  const { tx, first, answers } = await desk.store.beginAccepting(plans.map(rowOf), sent.statements);
  return ending(tx, async () => {
    if (first.some((acceptance) => acceptance !== 'fresh')) return null;
    return committed(desk, tx, plans, sent.verdicts(answers));
  });
}

/** Handlers are called for what was accepted. */
async function prepareInTurn(desk: Desk, plans: readonly Plan[]): Promise<Votes> {
  const { tx, first } = await desk.store.beginAccepting(plans.map(rowOf), []);
  return ending(tx, async () => {
    const accepts = plans.filter((_, index) => first[index] === 'fresh');
    const calls = callsOf(accepts);
    await reach(desk, 'P1', calls.length);
    return committed(desk, tx, accepts, await judge(desk, tx, calls));
  });
}

/** @param verdicts on the accepted branches whose handler was called, in their order */
async function committed(
  desk: Desk,
  tx: LocalTransaction,
  accepts: readonly Plan[],
  verdicts: readonly Verdict[],
): Promise<Votes> {
  const tried = accepts.filter(({ call }) => call);
  await correct(
    tx,
    tried.map(({ work }, index) => [work, verdicts[index]!]),
  );
  await reach(desk, 'P2', accepts.length);
  await tx.commit();
  await reach(desk, 'P3', accepts.length);
  const votes = new Map<Work, Answer>();
  for (const { work, refuse } of accepts) if (refuse) votes.set(work, no(work, refuse));
  tried.forEach(({ work }, index) => {
    votes.set(work, voteOf(work, verdicts[index]!));
    keep(desk, work, verdicts[index]!);
  });
  return votes;
}

/** What a decision will want to know of the branch, where its handlers only name their SQL. */
function keep(desk: Desk, { key, command }: WorkOf<'PREPARE'>, verdict: Verdict): void {
  if (verdict.refused || verdict.readOnly) return;
  const { operation, payload } = command;
  const { confirm, cancel } = desk.catalog.find(operation)!.tcc!;
  if (isStatement(confirm) && isStatement(cancel))
    desk.kept.keep(key, { operation, payload, output: verdict.output });
}

/** A duplicate or a fenced one: the row says what was voted. */
async function repeatVote(desk: Desk, work: WorkOf<'PREPARE'>): Promise<Answer> {
  const known = repeated(work, prepareRule(seenOf(await desk.look(work.key)), false));
  if (known) return known;
  throw new StoreError('DUPLICATE', 'a row of this branch was there and is gone', false, null);
}

const planRefused = (work: WorkOf<'PREPARE'>, fault: BranchFault): Plan => ({
  work,
  call: null,
  refuse: { code: NoCode.Refused, fault },
});

function planOf(desk: Desk, work: WorkOf<'PREPARE'>): Plan {
  const { operation, payload } = work.command;
  const refuse = (code: NoCode, message: string): Plan => ({
    work,
    call: null,
    refuse: plainNo(code, message),
  });
  if (budgetSpent(desk, work))
    return refuse(NoCode.Expired, 'the prepare budget was spent before the work began');
  const definition = desk.catalog.find(operation);
  if (!definition)
    return refuse(NoCode.Error, `participant "${desk.participant}" has no operation "${operation}"`);
  const { tcc } = definition;
  if (!tcc)
    return refuse(
      NoCode.No2pc,
      `operation "${operation}" of participant "${desk.participant}" runs only as a saga step`,
    );
  const parsed = parsePayload(tcc.schema, payload);
  if (!parsed.ok) return refuse(NoCode.InvalidPayload, parsed.message);
  const call = {
    key: work.key,
    operation,
    step: tcc.try,
    payload: parsed.payload,
    output: null,
    deadlineMs: work.deadlineMs,
  };
  return { work, call, refuse: null };
}

function rowOf({ work, refuse }: Plan): NewBranchRow {
  const { operation, payload } = work.command;
  if (refuse) return rowFor(work, 'tcc', BranchRowState.Aborted, { operation, error: storedNo(refuse) });
  return rowFor(work, 'tcc', BranchRowState.Prepared, { operation, payload });
}

/** Refusals, read-only votes and outputs, in one statement; none when every try went plainly well. */
async function correct(tx: LocalTransaction, judged: readonly (readonly [Work, Verdict])[]): Promise<void> {
  const moves = judged.flatMap(([work, verdict]) => correctionOf(work, verdict) ?? []);
  if (moves.length > 0) await tx.moveRows(moves);
}

function correctionOf({ key }: Work, verdict: Verdict): RowMove | null {
  const to = (state: RowMove['to'], more: Partial<RowMove>) => ({
    key,
    from: movableFrom('PREPARE', state),
    to: state,
    ...more,
  });
  if (verdict.refused)
    return to('ABORTED', { error: storedNo({ code: NoCode.Refused, fault: verdict.refused }) });
  if (verdict.readOnly) return to('READ_ONLY', { output: verdict.output });
  return verdict.output === null ? null : to('PREPARED', { output: verdict.output });
}

function voteOf(work: Work, verdict: Verdict): Answer {
  if (verdict.refused) return no(work, { code: NoCode.Refused, fault: verdict.refused });
  return yes(work, verdict.readOnly ? 'READ_ONLY' : 'YES', verdict.output);
}
