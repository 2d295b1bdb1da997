import { Inject, Injectable } from '@nestjs/common';
import { OperatorDesk, type Engine, type OperatorAction, type OperatorCall } from '#coordination';
import type { LedgerAdmin } from '#persistence';
import { conflict } from '#service';
import type { Door } from '../http/door.js';
import { isGtx, unknownTransaction } from '../http/transaction-id.js';
import { ADMIN, DOOR, ENGINE } from '../tokens.js';
import type { ActionResultView } from './recovery-schema.js';

export interface ActionCall {
  readonly id: string;
  readonly action: OperatorAction;
  readonly reason: string;
  readonly caller: string;
  readonly dryRun: boolean;
  readonly resolution?: OperatorCall['resolution'];
}

/** What an operator may do to one transaction (protocol.md §9). The desk decides and audits; this maps to HTTP. */
@Injectable()
export class OperationsService {
  private readonly desk: OperatorDesk;

  constructor(
    @Inject(ENGINE) engine: Engine,
    @Inject(ADMIN) admin: LedgerAdmin,
    @Inject(DOOR) private readonly door: Door,
  ) {
    this.desk = new OperatorDesk(engine, admin);
  }

  /** Throws 404 for an unknown transaction, 409 with the evidence where a precondition does not hold. */
  async call({
    id,
    action,
    reason,
    caller,
    dryRun,
    resolution = null,
  }: ActionCall): Promise<ActionResultView> {
    this.door.assertOpen();
    if (!isGtx(id)) throw unknownTransaction(id);
    const result = await this.desk.call({ gtx: id, action, reason, caller, dryRun, resolution });
    if (result.kind === 'unknown') throw unknownTransaction(id);
    if (result.kind === 'refused') {
      const detail = `${action} of ${id} is refused (${result.code}): ${result.detail}.`;
      throw conflict(`CONCORDAT_${result.code}`, detail, { evidence: result.evidence });
    }
    return { id, action, dryRun: result.dryRun, effect: result.effect, evidence: result.evidence };
  }
}
