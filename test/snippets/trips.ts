import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { TransactionOutbox, type TransactionOutcome } from '#client';
import { OnOutcome } from '#client/nest';

/** A trip and its transaction: submitted if and only if the local transaction commits. */
@Injectable()
export class Trips {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    @Inject(TransactionOutbox) private readonly outbox: TransactionOutbox,
  ) {}

  book(wallet: string, flight: string): Promise<string> {
    return this.source.transaction(async (manager) => {
      const id = await this.outbox.enqueue(manager, {
        branches: [
          { id: 'seat', participant: 'seats', operation: 'take', payload: { flight } },
          { id: 'money', participant: 'wallets', operation: 'debit', payload: { wallet, cents: 9_900 } },
        ],
      });
      await manager.query(`INSERT INTO trip (id, status) VALUES ($1, 'PENDING')`, [id]);
      return id;
    });
  }

  /** Called at least once for each transaction: the condition makes the second time harmless. */
  @OnOutcome()
  async ended({ gtx, outcome, reason }: TransactionOutcome): Promise<void> {
    const status = outcome === 'committed' ? 'BOOKED' : `REFUSED: ${reason}`;
    await this.source.query(`UPDATE trip SET status = $2 WHERE id = $1 AND status = 'PENDING'`, [
      gtx,
      status,
    ]);
  }
}
