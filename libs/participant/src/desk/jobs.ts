import { BranchRowState } from '#protocol';
import type { BranchEvidence, BranchRow } from '#persistence';
import type { CommandMessage } from '#wire';
import { actSaga } from '../executors/saga-action.js';
import { compensateSaga } from '../executors/saga-compensate.js';
import { forget } from '../executors/forget.js';
import { decideTcc } from '../executors/tcc-decide.js';
import { prepareTcc } from '../executors/tcc-prepare.js';
import { abortXa, commitXa, plantAborted } from '../executors/xa-decide.js';
import { knownAnswer, prepareXa } from '../executors/xa-prepare.js';
import { logUnfinished, type Executor } from '../executors/one-by-one.js';
import { isBatch } from '../operations/operation.js';
import type { Step, XaStyle } from '../operations/operation.js';
import { ack, silent } from './answers.js';
import type { Desk } from './desk.js';
import { faultOfBranch, looksAgain } from './fault.js';
import type { Answer, CommandType, Work, WorkOf } from './work.js';
import { isWork } from './work.js';

/**
 * Which connections a job takes. Finishers have their own, so that work which waits for locks never keeps waiting those who
 * would release them.
 */
export type SlotKind = 'work' | 'finish' | 'xa-finish';

/** A group of commands that runs as one. */
export interface Job<W extends Work = Work> {
  readonly works: readonly W[];
  readonly slot: SlotKind;
  /** What a look alone can answer needs no slot: a PREPARE that is asked again must not queue behind those who wait for its locks. */
  look?(): Promise<readonly Answer[] | null>;
  run(): Promise<Outcome>;
}

/** The answers; or, of a batch that failed and of which nothing happened, the jobs that are done instead. */
export type Outcome = readonly Answer[] | { readonly instead: readonly Job[] };

type Decided = WorkOf<'COMMIT' | 'ABORT'>;

/** A bound on one local transaction: locks held, rows a statement. */
const MAX_BATCH = 500;

/** Everything but decisions: batch handlers get all there is; xa branches and single handlers run side by side, one job each. */
export function jobsOf(desk: Desk, works: readonly Work[]): readonly Job[] {
  const of = <T extends CommandType>(...types: readonly T[]) =>
    works.filter((work): work is WorkOf<T> => isWork(work, ...types));
  return [
    ...prepareJobs(desk, of('PREPARE')),
    ...chunksOf(of('FORGET')).map((works): Job => ({
      works,
      slot: 'finish',
      run: () => forget(desk, works),
    })),
    ...stepJobs(desk, of('ACTION'), 'work', (work) => sagaOf(desk, work.command)?.action, actSaga),
    ...stepJobs(
      desk,
      of('COMPENSATE'),
      'finish',
      (work) => sagaOf(desk, work.command)?.compensate,
      compensateSaga,
    ),
  ];
}

/** True when the command's job may take as long as one business handler does: it must not hold up the others of its batch. */
export function runsAlone(desk: Desk, work: Work): boolean {
  const { command } = work;
  switch (command.type) {
    case 'PREPARE': {
      const definition = desk.catalog.find(command.operation);
      return definition?.xa !== undefined || alone(definition?.tcc?.try);
    }
    case 'ACTION':
      return alone(sagaOf(desk, command)?.action);
    case 'COMPENSATE':
      return alone(sagaOf(desk, command)?.compensate);
    case 'COMMIT':
    case 'ABORT':
      return desk.catalog.usesXa || !desk.catalog.decidesInBatches;
    default:
      return false;
  }
}

function prepareJobs(desk: Desk, works: readonly WorkOf<'PREPARE'>[]): readonly Job[] {
  const xa = works.flatMap((work) => {
    const style = desk.catalog.find(work.command.operation)?.xa;
    return style ? [xaPrepareJob(desk, work, style)] : [];
  });
  const others = works.filter((work) => !desk.catalog.find(work.command.operation)?.xa);
  const tryOf = (work: WorkOf<'PREPARE'>) => desk.catalog.find(work.command.operation)?.tcc?.try;
  return [...xa, ...stepJobs(desk, others, 'work', tryOf, prepareTcc)];
}

function xaPrepareJob(desk: Desk, work: WorkOf<'PREPARE'>, style: XaStyle<unknown>): Job {
  let seen: BranchEvidence | null = null;
  return {
    works: [work],
    slot: 'work',
    look: async () => {
      seen = await desk.look(work.key);
      const known = knownAnswer(work, seen);
      return known && [known];
    },
    run: async () => [await prepareXa(desk, work, style, seen)],
  };
}

/**
 * COMMIT and ABORT name no operation. Where every branch ends the same way they need no look; else the row says, by its style and
 * handler, which way each must go. An ABORT of xa looks for the gid, too; a COMMIT finds it out by COMMIT PREPARED.
 */
export async function decisionJobs(desk: Desk, works: readonly Decided[]): Promise<readonly Job[]> {
  const { usesXa, usesTcc, decidesInBatches } = desk.catalog;
  if (!usesXa && decidesInBatches) return batchesOf(desk, works, 'finish', decideTcc);
  const looked = await Promise.all(
    works.map(async (work): Promise<Looked> => ({
      work,
      seen: await seenBy(desk, work, usesXa && !usesTcc),
    })),
  );
  // Without a tcc row it goes the xa way, which works from gid and row.
  const [asTcc, asXa] = partition(looked, ({ seen }) => !usesXa || seen?.row?.style === 'tcc');
  const rows = new Map(asTcc.map(({ work, seen }) => [work, seen?.row ?? null]));
  const stepOf = (work: Decided) => finishingStep(desk, work, rows.get(work) ?? null);
  return [...xaDecisionJobs(desk, asXa), ...stepJobs(desk, [...rows.keys()], 'finish', stepOf, decideTcc)];
}

/** null: a COMMIT where there is only xa, which needs no look. */
async function seenBy(desk: Desk, work: Decided, onlyXa: boolean): Promise<BranchEvidence | null> {
  if (isWork(work, 'COMMIT')) return onlyXa ? null : desk.lookRow(work.key);
  return desk.catalog.usesXa ? desk.look(work.key) : desk.lookRow(work.key);
}

interface Looked {
  readonly work: Decided;
  readonly seen: BranchEvidence | null;
}

/** What is prepared, and every COMMIT, is finished by a job of its own; ABORTs of what never prepared only write, and do it together. */
function xaDecisionJobs(desk: Desk, looked: readonly Looked[]): readonly Job[] {
  const [absent, others] = partition(
    looked,
    ({ work, seen }) => isWork(work, 'ABORT') && seen?.gid === false && seen.row === null,
  );
  return [
    ...others.map((one) => xaDecisionJob(desk, one)),
    ...chunksOf(absent.map(({ work }) => work)).map((works) =>
      jobTogether(desk, works, 'xa-finish', abortTogether),
    ),
  ];
}

const abortTogether: Executor<Decided> = {
  asOne: (desk, works) => plantAborted(desk, works as readonly WorkOf<'ABORT'>[]),
  alone: finishXa,
};

function partition<T>(all: readonly T[], isIn: (one: T) => boolean): readonly [T[], T[]] {
  return [all.filter(isIn), all.filter((one) => !isIn(one))];
}

function finishingStep(desk: Desk, work: Decided, row: BranchRow | null): Step<unknown> | undefined {
  if (row?.state !== 'PREPARED' || row.operation === null) return undefined;
  const style = desk.catalog.find(row.operation)?.tcc;
  return work.command.type === 'COMMIT' ? style?.confirm : style?.cancel;
}

/** A tombstone is final, and its key keeps any late PREPARE from preparing: a repeated ABORT is answered by the look alone. */
function xaDecisionJob(desk: Desk, { work, seen }: Looked): Job {
  const isOver = isWork(work, 'ABORT') && seen?.gid === false && seen.row?.state === BranchRowState.Aborted;
  const run = async (): Promise<Outcome> => [isOver ? ack(work, 'ABORTED') : await finishXa(desk, work)];
  return { works: [work], slot: 'xa-finish', run };
}

async function finishXa(desk: Desk, work: Decided): Promise<Answer> {
  try {
    return isWork(work, 'COMMIT') ? await commitXa(desk, work) : await abortXa(desk, work as WorkOf<'ABORT'>);
  } catch (error) {
    await faultOfBranch(desk, error);
    logUnfinished(desk, work, error);
    return silent(work);
  }
}

/** Together where the handler takes batches (or there is none to call), one job each where it does not. */
function stepJobs<W extends Work>(
  desk: Desk,
  works: readonly W[],
  slot: SlotKind,
  stepOf: (work: W) => Step<unknown> | undefined,
  executor: Executor<W>,
): readonly Job[] {
  const single = works.filter((work) => alone(stepOf(work)));
  const together = works.filter((work) => !alone(stepOf(work)));
  return [
    ...single.map((work) => jobAlone(desk, work, slot, executor)),
    ...batchesOf(desk, together, slot, executor),
  ];
}

function batchesOf<W extends Work>(
  desk: Desk,
  works: readonly W[],
  slot: SlotKind,
  executor: Executor<W>,
): readonly Job[] {
  return chunksOf(works).map((batch) =>
    batch.length === 1 ? jobAlone(desk, batch[0]!, slot, executor) : jobTogether(desk, batch, slot, executor),
  );
}

function jobAlone<W extends Work>(desk: Desk, work: W, slot: SlotKind, executor: Executor<W>): Job {
  return { works: [work], slot, run: async () => [await executor.alone(desk, work)] };
}

/**
 * When anything in it fails it gives its slot back. Behind a lock each branch waits alone; another fault is searched for by halves: one
 * bad branch among hundreds costs a few transactions, not hundreds.
 */
function jobTogether<W extends Work>(
  desk: Desk,
  works: readonly W[],
  slot: SlotKind,
  executor: Executor<W>,
): Job {
  const run = async (): Promise<Outcome> => {
    try {
      return await executor.asOne(desk, works);
    } catch (error) {
      const fault = await faultOfBranch(desk, error);
      const { kind, message } = fault;
      desk.log.warn({ kind, message, branches: works.length }, 'a batch failed and is split');
      const parts = looksAgain(fault) ? works.map((work) => [work]) : halvesOf(works);
      return { instead: parts.flatMap((part) => batchesOf(desk, part, slot, executor)) };
    }
  };
  return { works, slot, run };
}

function halvesOf<W>(works: readonly W[]): readonly (readonly W[])[] {
  const half = Math.ceil(works.length / 2);
  return [works.slice(0, half), works.slice(half)];
}

function chunksOf<W>(works: readonly W[]): readonly (readonly W[])[] {
  return Array.from({ length: Math.ceil(works.length / MAX_BATCH) }, (_, at) =>
    works.slice(at * MAX_BATCH, (at + 1) * MAX_BATCH),
  );
}

function alone(step: Step<unknown> | undefined): boolean {
  return step !== undefined && !isBatch(step);
}

function sagaOf(desk: Desk, command: Extract<CommandMessage, { type: 'ACTION' | 'COMPENSATE' }>) {
  return desk.catalog.find(command.operation)?.saga;
}
