import { noFaultPoints } from '#observability';
import type { Clock, Log, Metrics } from '#observability';
import type { AckState, Decision } from '#protocol';
import type { BranchEvidence, BranchKey, BranchStore } from '#persistence';
import type { Desk } from '../desk/desk.js';
import { KeptBranches } from '../desk/kept.js';
import { isWork, workOf } from '../desk/work.js';
import type { WorkOf } from '../desk/work.js';
import type { Catalog } from '../operations/catalog.js';
import { abortXa, commitXa } from './xa-decide.js';

export interface OutsideFinisherOptions {
  readonly participant: string;
  /** Over the participant's database, in its role. */
  readonly store: BranchStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Ends branches in a participant's database without the participant's code. */
export interface OutsideFinisher {
  /**
   * Carries a durable decision out as the participant itself would (protocol.md §6): what the branch is afterwards, or null where
   * only business code could end it (a reservation of a tcc branch) or another copy stands in the way. `ledgerEpoch` is written
   * on a tombstone. Throws StoreError when the database is away or the role is not the owner's.
   */
  finish(key: BranchKey, decision: Decision, ledgerEpoch: number): Promise<AckState | null>;
}

/** No handler is known here, and none is needed: gid and row say everything. */
const NO_OPERATIONS: Catalog = {
  find: () => undefined,
  announced: [],
  usesXa: true,
  usesTcc: false,
  decidesInBatches: false,
};

export function createOutsideFinisher(options: OutsideFinisherOptions): OutsideFinisher {
  const desk = outsideDesk(options);
  return {
    finish: async (key, decision, ledgerEpoch) => {
      // TLA+: FinishCommit, FinishAbort
      const { row } = await desk.lookRow(key);
      if (row?.state === 'PREPARED') return null;
      const work = decisionWork(desk, key, decision, ledgerEpoch);
      const { reply } = isWork(work, 'COMMIT')
        ? await commitXa(desk, work)
        : await abortXa(desk, work as WorkOf<'ABORT'>);
      return reply?.type === 'ACK' ? reply.state : null;
    },
  };
}

function outsideDesk({ participant, store, clock, log, metrics }: OutsideFinisherOptions): Desk {
  const look = async (key: BranchKey, gids: boolean): Promise<BranchEvidence> => {
    const [evidence] = await store.look([key], { gids });
    if (!evidence) throw new Error('the store answered no evidence for a key');
    return evidence;
  };
  return {
    ...{ participant, store, clock, log, metrics },
    catalog: NO_OPERATIONS,
    // The participant's points belong to its own process.
    faults: noFaultPoints,
    entityManager: null,
    kept: new KeptBranches(),
    look: (key) => look(key, true),
    lookRow: (key) => look(key, false),
  };
}

function decisionWork({ participant, clock }: Desk, key: BranchKey, decision: Decision, ledgerEpoch: number) {
  return workOf({ type: decision, ...key, participant, ledgerEpoch, replyPartition: null }, clock.nowMs());
}
