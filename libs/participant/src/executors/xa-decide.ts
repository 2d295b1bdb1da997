import { abortRule, BranchRowState, commitRule } from '#protocol';
import { StoreError } from '#persistence';
import { ack, silent } from '../desk/answers.js';
import { BUSY_PAUSE_MS, MAX_FINISH_ROUNDS, pause, reach } from '../desk/desk.js';
import type { Desk } from '../desk/desk.js';
import { faultOfBranch, looksAgain } from '../desk/fault.js';
import type { Answer, Work, WorkOf } from '../desk/work.js';
import { lost, settledAnswer } from './seen.js';
import { earlierKeys, inTransaction, rowFor } from './transaction.js';
import { gidOf } from './xa-prepare.js';

/**
 * COMMIT of an xa branch: COMMIT PREPARED first, and only then the row, in a new statement [X]. Without either, a LOST row is
 * planted, so that no late PREPARE can prepare; 55P03 there means that one just did: COMMIT PREPARED again.
 */
export async function commitXa(desk: Desk, work: WorkOf<'COMMIT'>): Promise<Answer> {
  // TLA+: XaBranch!CommitPrepared, XaBranch!CommitRow, XaBranch!CommitPlantLost
  return inRounds(desk, work, async () => {
    const finished = await whenNotBusy(desk, () => desk.store.commitPrepared(gidOf(desk, work)));
    if (finished === 'done') await reach(desk, 'P6');
    const rule = commitRule((await desk.lookRow(work.key)).row);
    if (rule.do !== 'plant') return settledAnswer(desk, work, rule);
    await plant(desk, [work], BranchRowState.Lost);
    return lost(desk, work);
  });
}

/**
 * ABORT of an xa branch: ROLLBACK PREPARED, then tombstone and fence under a short lock_timeout; 55P03 means that a redelivered
 * PREPARE slipped in between: from the start [X]. Acknowledged only once the tombstone is committed [X].
 */
export async function abortXa(desk: Desk, work: WorkOf<'ABORT'>): Promise<Answer> {
  // TLA+: XaBranch!RollbackPrepared, XaBranch!AbortTombstone
  return inRounds(desk, work, async () => {
    await rollback(desk, work);
    const planted = await plantOrRead(desk, work);
    return planted
      ? ack(work, 'ABORTED')
      : settledAnswer(desk, work, abortRule((await desk.lookRow(work.key)).row));
  });
}

/**
 * ABORT of xa branches of which a look found no gid: it stands for ROLLBACK PREPARED, and their tombstones share one local
 * transaction. One of them that prepared since, or has a row by now, makes it fail: then each goes its way from the start.
 */
export async function plantAborted(
  desk: Desk,
  works: readonly WorkOf<'ABORT'>[],
): Promise<readonly Answer[]> {
  // TLA+: XaBranch!AbortTombstone
  await plant(desk, works, BranchRowState.Aborted);
  return works.map((work) => ack(work, 'ABORTED'));
}

/**
 * ROLLBACK PREPARED of what attempts before those of `works` prepared: their ABORT is durable since these attempts exist (R1, R3).
 * One that prepares after the look holds its fence: the action meets that, and looks again.
 */
export async function rollbackEarlier(desk: Desk, works: readonly Work[]): Promise<void> {
  // TLA+: XaBranch!ActionRollback
  const looked = await Promise.all(works.flatMap(({ key }) => earlierKeys(key)).map((key) => desk.look(key)));
  const prepared = looked.filter(({ gid }) => gid);
  await Promise.all(prepared.map((one) => rollback(desk, one)));
}

async function rollback(desk: Desk, branch: Pick<Work, 'key'>): Promise<void> {
  const finished = await whenNotBusy(desk, () => desk.store.rollbackPrepared(gidOf(desk, branch)));
  if (finished === 'done') await reach(desk, 'P8');
}

/** Repeats while a lock or a duplicate says that another copy was there; gives up silently: the coordinator asks again. */
async function inRounds(desk: Desk, work: Work, round: () => Promise<Answer | null>): Promise<Answer> {
  for (let rounds = 0; rounds < MAX_FINISH_ROUNDS; rounds += 1) {
    try {
      const answer = await round();
      if (answer) return answer;
    } catch (error) {
      const fault = await faultOfBranch(desk, error);
      if (!looksAgain(fault)) throw error;
    }
  }
  desk.log.warn(
    { ...work.key, command: work.command.type },
    'another copy of this branch stands in the way; waiting to be asked again',
  );
  return silent(work);
}

/** 55000: another session is finishing the same gid. It ends soon, one way or the other. */
async function whenNotBusy<T>(desk: Desk, finish: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await finish();
    } catch (error) {
      const busy = error instanceof StoreError && error.code === 'BUSY';
      if (!busy || tries >= MAX_FINISH_ROUNDS) throw error;
      await pause(desk.clock, BUSY_PAUSE_MS * tries);
    }
  }
}

/** False when a row is there already. */
async function plantOrRead(desk: Desk, work: Work): Promise<boolean> {
  try {
    await plant(desk, [work], BranchRowState.Aborted);
    return true;
  } catch (error) {
    if (error instanceof StoreError && error.code === 'DUPLICATE') return false;
    throw error;
  }
}

/** Rows and fences in one local transaction. A higher fence is as good: it refuses the late PREPARE, too. */
async function plant(desk: Desk, works: readonly Work[], state: 'LOST' | 'ABORTED'): Promise<void> {
  await inTransaction(desk, async (tx) => {
    await tx.raiseFences(works.map(({ key }) => key));
    await tx.insertRows(works.map((work) => rowFor(work, 'xa', state)));
    await tx.commit();
  });
}
