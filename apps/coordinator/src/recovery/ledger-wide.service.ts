import { Inject, Injectable } from '@nestjs/common';
import type { Engine, WaitingWork } from '#coordination';
import type { Ledger, LedgerAdmin, LedgerState } from '#persistence';
import type { Json } from '#protocol';
import type { Config, Page } from '#service';
import type { Door } from '../http/door.js';
import type { PageQuery } from '../http/query.js';
import { ADMIN, CONFIG, DOOR, ENGINE, LEDGER, WAITING_WORK } from '../tokens.js';
import type { AuditView, EffectView, ScanResultView, SummaryView } from './recovery-schema.js';

/** Who does something, why, and whether only for show. */
export interface OperatorNote {
  readonly reason: string;
  readonly caller: string;
  readonly dryRun: boolean;
}

/** What an operator may do to the ledger as a whole: sweep now, hold, release; and what there is to know about it. */
@Injectable()
export class LedgerWideService {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(LEDGER) private readonly ledger: Ledger,
    @Inject(ADMIN) private readonly admin: LedgerAdmin,
    @Inject(WAITING_WORK) private readonly waiting: WaitingWork,
    @Inject(DOOR) private readonly door: Door,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async summary(): Promise<SummaryView> {
    const { hold, epoch } = await this.ledger.state();
    const { alive, dead } = this.engine.instances;
    const sweep = this.engine.lastSweep;
    return {
      instance: this.config.instanceId,
      ready: this.door.open && this.engine.subscribed,
      hold,
      epoch,
      inflight: this.engine.inflight,
      inDoubt: this.inDoubt(),
      instances: { alive: alive.map(({ id }) => id), dead: dead.map(({ id }) => id) },
      lastSweep: sweep && {
        at: new Date(sweep.atWallMs).toISOString(),
        tookMs: sweep.tookMs,
        takenOver: sweep.taken,
      },
    };
  }

  async scan(note: OperatorNote): Promise<ScanResultView> {
    this.door.assertOpen();
    const takenOver = note.dryRun ? 0 : await this.engine.scan();
    const effect = note.dryRun
      ? 'transactions of dead drivers and neglected ones would be taken over'
      : `${takenOver} transactions were taken over`;
    await this.audit('scan', note, { effect });
    return { dryRun: note.dryRun, effect, takenOver };
  }

  /** Idempotent: a ledger that is held stays held; the epoch rises each time it is asked to. */
  async hold(note: OperatorNote, raiseEpoch: boolean): Promise<EffectView> {
    const before = await this.ledger.state();
    const after = { hold: true, epoch: raiseEpoch ? before.epoch + 1 : before.epoch };
    const state = note.dryRun ? before : await this.admin.setHold(true, { raiseEpoch });
    return this.changed('hold', note, before, after, state);
  }

  async release(note: OperatorNote): Promise<EffectView> {
    const before = await this.ledger.state();
    const state = note.dryRun ? before : await this.admin.setHold(false);
    return this.changed('release', note, before, { ...before, hold: false }, state);
  }

  audits({ limit, cursor }: PageQuery): Promise<Page<AuditView>> {
    return this.admin.audit({ limit, cursor: cursor ?? null });
  }

  private async changed(
    action: string,
    note: OperatorNote,
    before: LedgerState,
    after: LedgerState,
    state: LedgerState,
  ): Promise<EffectView> {
    const same = before.hold === after.hold && before.epoch === after.epoch;
    const word = after.hold ? 'held' : 'released';
    const effect = same
      ? `nothing changes: the ledger is ${word}`
      : `the ledger is ${word}, epoch ${after.epoch}`;
    await this.audit(action, note, { effect });
    return { dryRun: note.dryRun, effect, hold: state.hold, epoch: state.epoch };
  }

  private async audit(action: string, { reason, caller, dryRun }: OperatorNote, detail: Json): Promise<void> {
    await this.admin.appendAudit({ action, gtx: null, caller, reason, dryRun, accepted: true, detail });
  }

  private inDoubt(): SummaryView['inDoubt'] {
    const all = [...this.waiting.all()];
    return {
      count: all.reduce((sum, [, { count }]) => sum + count, 0),
      oldestAgeMs: Math.max(0, ...all.map(([, { oldestAgeMs }]) => oldestAgeMs)),
      participants: Object.fromEntries(all),
    };
  }
}
