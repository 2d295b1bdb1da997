import { branchOf, driveOf, outcomeOf, step, unresolvedResults } from '#protocol';
import type { Json, OperatorEvent, Transaction } from '#protocol';
import type { AuditEntry, LedgerAdmin, StoredTransaction } from '#persistence';
import type { Engine } from '../engine.js';
import { evidenceOf } from './evidence.js';
import type { Evidence } from './evidence.js';

export type OperatorAction = 'retry' | 'force-abort' | 'force-commit' | 'forget' | 'resolve';

export interface OperatorCall {
  readonly gtx: string;
  readonly action: OperatorAction;
  readonly reason: string;
  readonly caller: string;
  readonly dryRun: boolean;
  /** Only for `resolve`: which branch, and what the evidence says it came to. */
  readonly resolution: {
    readonly attempt: number;
    readonly branch: string;
    readonly state: 'COMMITTED' | 'ABORTED';
  } | null;
}

/** `refused`: a precondition of protocol.md §9 does not hold (409); nothing was changed. */
export type OperatorResult =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'refused'; readonly code: string; readonly detail: string; readonly evidence: Evidence }
  | { readonly kind: 'done'; readonly dryRun: boolean; readonly effect: string; readonly evidence: Evidence };

/** How long force-commit waits for the votes it re-asks. */
const REASK_MS = 5_000;

/** What operators may do (§9): every call is audited, refused ones and dry runs too. No call overwrites a decision. */
export class OperatorDesk {
  constructor(
    private readonly engine: Engine,
    private readonly admin: Pick<LedgerAdmin, 'appendAudit' | 'waitingLocks'>,
  ) {}

  async call(call: OperatorCall): Promise<OperatorResult> {
    const result = await this.decide(call);
    await this.audit(call, result);
    return result;
  }

  private async decide(call: OperatorCall): Promise<OperatorResult> {
    const looked = await this.engine.submit(call.gtx, { type: 'look' });
    if (looked.kind === 'unknown') return looked;
    return call.dryRun ? this.preview(call, looked.stored) : this.carryOut(call, looked.stored);
  }

  /** The pure transition tells what would happen; nothing is applied. */
  private async preview(call: OperatorCall, stored: StoredTransaction): Promise<OperatorResult> {
    const refused = await this.precondition(call, stored);
    if (refused) return refused;
    const event = operatorEvent(call);
    if (!event) return this.done(call, stored, previewText(call));
    const transition = step(this.engine.held(call.gtx)?.drive ?? driveOf(stored.tx), event);
    if (transition.kind === 'refused') return this.refused(transition.code, transition.detail, stored);
    const effect =
      transition.kind === 'durable' ? `state becomes ${transition.change.next.state}` : previewText(call);
    return this.done(call, stored, effect);
  }

  private async carryOut(call: OperatorCall, stored: StoredTransaction): Promise<OperatorResult> {
    const refused = await this.precondition(call, stored);
    if (refused) return refused;
    const event = operatorEvent(call);
    if (!event) return this.sendOnly(call, stored);
    const result = await this.engine.submit(call.gtx, event);
    if (result.kind === 'unknown') return result;
    if (result.kind === 'refused') return this.refused(result.code, result.detail, result.stored);
    if (call.action === 'force-commit' && outcomeOf(result.stored.tx) === null) return this.awaitVotes(call);
    if (!result.changed)
      return this.refused('NOTHING_TO_DO', `state is ${result.stored.tx.state}`, result.stored);
    return this.done(call, result.stored, `state is ${result.stored.tx.state}`);
  }

  private async awaitVotes(call: OperatorCall): Promise<OperatorResult> {
    const decided = await this.engine.waiters.wait(call.gtx, 'decided', REASK_MS);
    if (decided && outcomeOf(decided.tx) === 'committed')
      return this.done(call, decided, `state is ${decided.tx.state}`);
    const looked = await this.engine.submit(call.gtx, { type: 'look' });
    if (looked.kind === 'unknown') return looked;
    return this.refused('VOTES_MISSING', 'not every branch voted YES when asked again', looked.stored);
  }

  private async sendOnly(call: OperatorCall, stored: StoredTransaction): Promise<OperatorResult> {
    if (call.action === 'retry') await this.engine.submit(call.gtx, { type: 'resend', participant: null });
    else
      for (const command of forgetCommands(stored.tx))
        await this.engine.submit(call.gtx, { type: 'answer', command });
    return this.done(call, stored, previewText(call));
  }

  private async precondition(call: OperatorCall, stored: StoredTransaction): Promise<OperatorResult | null> {
    if (call.action === 'forget') {
      const unresolved = unresolvedResults(driveOf(stored.tx));
      if (stored.endedAt === null || unresolved.length > 0)
        return this.refused('UNRESOLVED', `state is ${stored.tx.state}`, stored);
    }
    if (call.resolution && !branchOf(stored.tx, call.resolution.branch)) {
      return this.refused('UNKNOWN_BRANCH', call.resolution.branch, stored);
    }
    return null;
  }

  private async refused(code: string, detail: string, stored: StoredTransaction): Promise<OperatorResult> {
    return { kind: 'refused', code, detail, evidence: await this.evidence(stored) };
  }

  private async done(call: OperatorCall, stored: StoredTransaction, effect: string): Promise<OperatorResult> {
    return { kind: 'done', dryRun: call.dryRun, effect, evidence: await this.evidence(stored) };
  }

  private async evidence(stored: StoredTransaction): Promise<Evidence> {
    return evidenceOf(stored, this.engine.held(stored.tx.gtx), await this.admin.waitingLocks());
  }

  private audit(call: OperatorCall, result: OperatorResult): Promise<AuditEntry> {
    const detail: Json =
      result.kind === 'refused'
        ? { code: result.code, detail: result.detail }
        : result.kind === 'done'
          ? { effect: result.effect }
          : { code: 'UNKNOWN_TRANSACTION' };
    const { action, gtx, caller, reason, dryRun } = call;
    return this.admin.appendAudit({
      action,
      gtx,
      caller,
      reason,
      dryRun,
      accepted: result.kind === 'done',
      detail,
    });
  }
}

function operatorEvent(call: OperatorCall): OperatorEvent | null {
  const by = { by: call.caller, reason: call.reason };
  if (call.action === 'force-abort' || call.action === 'force-commit') return { type: call.action, ...by };
  if (call.action === 'resolve' && call.resolution) return { type: 'resolve', ...by, ...call.resolution };
  return null;
}

function previewText(call: OperatorCall): string {
  if (call.action === 'force-commit') return 'votes are asked again; COMMIT only if every branch says YES';
  return call.action === 'forget'
    ? 'participants drop payload and output'
    : 'outstanding commands are sent again';
}

function forgetCommands(tx: Transaction) {
  return tx.attempts.flatMap(({ attempt }) =>
    tx.branches.map((branch) => ({
      type: 'FORGET' as const,
      gtx: tx.gtx,
      attempt,
      branch: branch.id,
      participant: branch.participant,
    })),
  );
}
