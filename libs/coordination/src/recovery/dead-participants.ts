import { Decision, attemptOf, branchOf, outstanding, parseGid } from '#protocol';
import type { Command, Gid } from '#protocol';
import type { PreparedGid, StoredTransaction } from '#persistence';
import type { EngineDeps, EngineOptions } from '../deps.js';
import type { EventResult, WorkEvent } from '../drive/work.js';
import type { Registry } from '../intake/registry.js';
import { answerInquiries } from './inquiries.js';

/** A participant's own database, given to a watchdog: what can be done there without the participant's code. */
export interface ParticipantDatabase {
  readonly participant: string;
  /** Own gids of that participant in that database, oldest first. */
  preparedGids(): Promise<readonly PreparedGid[]>;
  /**
   * Carries the decision out: COMMIT PREPARED, or the abort loop with its tombstone (protocol.md §6, §7).
   * null where only business code could (a reservation of a tcc branch): it waits for the participant.
   */
  finish(
    key: { gtx: string; attempt: number; branch: string },
    decision: Decision,
  ): Promise<'COMMITTED' | 'ABORTED' | 'READ_ONLY' | 'LOST' | null>;
  ping(): Promise<void>;
}

export interface DeadParticipantHooks {
  readonly submit: (gtx: string, event: WorkEvent) => Promise<EventResult>;
}

/** A participant that was silent this long is treated as down; being wrong costs a race that PostgreSQL decides. */
const SILENT_MS = 6_000;
const PARALLEL = 8;
const PAGE = 200;

/**
 * Ends the prepared transactions of participants that are down (§7). The cell is filled first, and ABORT only when overdue;
 * then the gid is finished in the participant's database, then the acknowledgement is written. One slow database never holds
 * up another: participants are swept side by side.
 */
export class DeadParticipants {
  private running: Promise<void> | null = null;

  constructor(
    private readonly deps: EngineDeps,
    private readonly options: EngineOptions,
    private readonly registry: Registry,
    private readonly databases: readonly ParticipantDatabase[],
    private readonly hooks: DeadParticipantHooks,
    /** Live transactions with an unacknowledged branch there. */
    private readonly unresolved: (
      participant: string,
      limit: number,
    ) => Promise<readonly StoredTransaction[]>,
  ) {}

  sweep(): Promise<void> {
    this.running ??= this.run().finally(() => (this.running = null));
    return this.running;
  }

  idle(): Promise<void> {
    return this.running ?? Promise.resolve();
  }

  private async run(): Promise<void> {
    const down = this.databases.filter((database) => this.isDown(database.participant));
    await Promise.all(down.map((database) => this.sweepOne(database)));
  }

  private isDown(participant: string): boolean {
    const record = this.registry.get(participant);
    return record === undefined || record.silentMs > SILENT_MS;
  }

  private async sweepOne(database: ParticipantDatabase): Promise<void> {
    try {
      const gids = await database.preparedGids();
      this.deps.metrics.gauge('concordat_prepared_transactions', gids.length, {
        participant: database.participant,
      });
      await this.decideGids(database, gids);
      await this.finishOutstanding(database);
    } catch (error) {
      this.deps.log.warn(
        { err: error, participant: database.participant },
        'database of a silent participant could not be swept',
      );
    }
  }

  /** P: what is prepared there. Unknown and old enough: the inquiry rule; known: a decision, filled only when overdue. */
  private async decideGids(database: ParticipantDatabase, gids: readonly PreparedGid[]): Promise<void> {
    const ours = gids.flatMap((prepared) => {
      const gid = parseGid(prepared.gid);
      return gid && gid.participant === database.participant ? [{ gid, ageMs: prepared.ageMs }] : [];
    });
    await inParallel(ours, PARALLEL, async ({ gid, ageMs }) => {
      const looked = await this.hooks.submit(gid.gtx, { type: 'look' });
      if (looked.kind === 'unknown') return this.unknownGid(database, gid, ageMs);
      if (branchOf(looked.stored.tx, gid.branch)?.participant === gid.participant)
        await this.knownGid(database, gid, looked.stored);
    });
  }

  private async unknownGid(database: ParticipantDatabase, gid: Gid, ageMs: number): Promise<void> {
    if (ageMs < this.options.orphanAgeMs) return;
    const { epoch } = await this.deps.ledger.state();
    const [answered] = await answerInquiries(this.deps.ledger, [{ ...gid, ledgerEpoch: epoch }]);
    if (answered?.answer === 'ABORT') await this.finish(database, gid, Decision.Abort);
  }

  private async knownGid(database: ParticipantDatabase, gid: Gid, stored: StoredTransaction): Promise<void> {
    const decided = attemptOf(stored.tx, gid.attempt)?.decision ?? null;
    if (decided) return this.finish(database, gid, decided);
    if (stored.deadlineLeftMs > 0) return;
    await this.hooks.submit(gid.gtx, { type: 'deadline', attempt: gid.attempt });
  }

  /** A: decided transactions that wait for an acknowledgement from there, prepared or not (an unprepared branch gets its tombstone). */
  private async finishOutstanding(database: ParticipantDatabase): Promise<void> {
    const live = await this.unresolved(database.participant, PAGE);
    const commands = live.flatMap((stored) => decisionsFor(stored, database.participant));
    await inParallel(commands, PARALLEL, (command) =>
      this.finish(database, command, command.type === 'COMMIT' ? Decision.Commit : Decision.Abort),
    );
  }

  private async finish(database: ParticipantDatabase, key: Gid, decision: Decision): Promise<void> {
    // TLA+: FinishCommit, FinishAbort; XaBranch!TakeCommit, XaBranch!TakeAbort
    if (this.deps.faults.armed) await this.deps.faults.reach('W2');
    const state = await database.finish(key, decision);
    if (state === null) return;
    if (this.deps.faults.armed) await this.deps.faults.reach('W5');
    const { attempt, branch, participant } = key;
    await this.hooks.submit(key.gtx, { type: 'ack', attempt, branch, participant, state, output: null });
    this.deps.metrics.count('concordat_recovered_total', { reason: 'dead-participant' });
    this.deps.log.info(
      { gtx: key.gtx, branch, participant, state },
      'finished a branch of a participant that is down',
    );
  }
}

function decisionsFor(stored: StoredTransaction, participant: string): readonly Command[] {
  const drive = { tx: stored.tx, votes: {}, unwritten: {}, retries: {} };
  return outstanding(drive).filter(
    (command) =>
      command.participant === participant && (command.type === 'COMMIT' || command.type === 'ABORT'),
  );
}

async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const lane = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
}
