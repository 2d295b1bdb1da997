import { Inject, Injectable } from '@nestjs/common';
import type { Accepted, Engine } from '#coordination';
import { LedgerError, type StoredTransaction } from '#persistence';
import type { BeginRequest } from '#wire';
import type { Door } from '../http/door.js';
import { DOOR, ENGINE } from '../tokens.js';
import { beginStatus, stageToAwait } from './begin-status.js';
import type { Stage } from '#coordination';
import { LedgerReader } from './ledger-reader.js';
import { rejectionProblem } from './rejection-problem.js';
import type { BeginQuery } from './transaction-queries.js';
import type { TransactionView } from './transaction-schema.js';
import { transactionView, votesOn } from './transaction-view.js';

export interface BeginCall extends BeginQuery {
  readonly request: BeginRequest;
  readonly idempotencyKey: string | null;
  readonly traceparent: string | null;
}

export interface Begun {
  readonly status: 200 | 202;
  readonly view: TransactionView;
}

/** BEGIN over HTTP: accept, then wait as long as the caller asked to. */
@Injectable()
export class BeginService {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(DOOR) private readonly door: Door,
    @Inject(LedgerReader) private readonly reader: LedgerReader,
  ) {}

  /** Throws Problem for a refusal, LedgerError while the ledger is away. */
  async begin(call: BeginCall): Promise<Begun> {
    this.door.assertOpen();
    const accepted = await this.accept(call);
    const stage = stageToAwait(accepted, call.wait);
    const stored = stage === null ? accepted.stored : await this.awaited(accepted, stage, call.waitMs);
    const status = beginStatus(call.wait, { created: accepted.created, stored });
    return { status, view: transactionView(stored, votesOn(stored, this.engine.held(stored.tx.gtx))) };
  }

  private async accept({ request, idempotencyKey, traceparent }: BeginCall): Promise<Accepted> {
    try {
      return await this.engine.desk.submit({ request, idempotencyKey, initiator: null, traceparent });
    } catch (error) {
      throw rejectionProblem(error);
    }
  }

  private async awaited({ stored }: Accepted, stage: Stage, waitMs: number): Promise<StoredTransaction> {
    const reached = waitMs === 0 ? null : await this.engine.awaitStage(stored, stage, waitMs);
    return reached ?? this.present(stored);
  }

  /**
   * The state of now. When the ledger went away meanwhile, that of the acceptance: it was durable, and its id is what a caller
   * that named none needs to ask again.
   */
  private async present(accepted: StoredTransaction): Promise<StoredTransaction> {
    try {
      return (await this.reader.read(accepted.tx.gtx)) ?? accepted;
    } catch (error) {
      if (error instanceof LedgerError) return accepted;
      throw error;
    }
  }
}
