import { abortRule, BranchRowState, commitRule } from '#protocol';
import { StoreError } from '#persistence';
import { ack, silent } from '../desk/answers.js';
import { BUSY_PAUSE_MS, MAX_FINISH_ROUNDS, pause, reach } from '../desk/desk.js';
import type { Desk } from '../desk/desk.js';
import { faultOfBranch, looksAgain } from '../desk/fault.js';
import type { Answer, Work, WorkOf } from '../desk/work.js';
import { lost, settledAnswer } from './seen.js';
import { inTransaction, rowFor } from './transaction.js';
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
    await plant(desk, work, BranchRowState.Lost);
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
    const finished = await whenNotBusy(desk, () => desk.store.rollbackPrepared(gidOf(desk, work)));
    if (finished === 'done') await reach(desk, 'P8');
    const planted = await plantOrRead(desk, work);
    return planted
      ? ack(work, 'ABORTED')
      : settledAnswer(desk, work, abortRule((await desk.lookRow(work.key)).row));
  });
}

/** ROLLBACK PREPARED of the attempts before `work`'s, whose ABORT is durable since this attempt exists (R1, R3). */
export async function rollbackEarlier(desk: Desk, work: Work): Promise<void> {
  // TLA+: XaBranch!ActionRollback
  const { gtx, attempt, branch } = work.key;
  for (let earlier = attempt - 1; earlier >= 1; earlier -= 1) {
    const gid = gidOf(desk, { key: { gtx, attempt: earlier, branch } });
    const finished = await whenNotBusy(desk, () => desk.store.rollbackPrepared(gid));
    if (finished === 'done') await reach(desk, 'P8');
  }
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
    await plant(desk, work, BranchRowState.Aborted);
    return true;
  } catch (error) {
    if (error instanceof StoreError && error.code === 'DUPLICATE') return false;
    throw error;
  }
}

/** Row and fence in one local transaction. A higher fence is as good: it refuses the late PREPARE, too. */
async function plant(desk: Desk, work: Work, state: 'LOST' | 'ABORTED'): Promise<void> {
  await inTransaction(desk, async (tx) => {
    await tx.raiseFences([work.key]);
    await tx.insertRows([rowFor(work, 'xa', state)]);
    await tx.commit();
  });
}
