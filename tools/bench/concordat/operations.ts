import { setTimeout as sleep } from 'node:timers/promises';

import { z } from 'zod';

import {
  defineOperation,
  Refused,
  type BatchResult,
  type BranchContext,
  type OperationDefinition,
} from '#participant';
import { CANCEL, CONFIRM, MOVE, MOVE_BACK, netChanges, RESERVE } from '../transfer/account-sql.js';

const payload = z.strictObject({ account: z.int(), amount: z.int(), note: z.string().optional() });
type Payload = z.output<typeof payload>;
type Context = BranchContext<Payload>;

/** Which styles a bank offers; a bank has one 2PC style, as every participant. */
export const BankStyle = {
  /** Reserves and confirms; saga steps as well. */
  Tcc: 'tcc',
  /** Prepared in the database; saga steps as well. */
  Xa: 'xa',
  /** No 2PC at all: what makes a transaction fall back. */
  SagaOnly: 'saga-only',
} as const;
export type BankStyle = (typeof BankStyle)[keyof typeof BankStyle];

/** How slow a bank is on purpose: what each batch waits before it works. */
export interface Pace {
  delayMs: number;
}

/** One statement for the whole batch; returns the accounts that were changed. */
async function change(text: string, name: string, batch: readonly Context[]): Promise<ReadonlySet<number>> {
  const { ids, amounts } = netChanges(batch.map((context) => context.payload));
  const { rows } = await batch[0]!.client.query<{ id: number }>({ name, text, values: [ids, amounts] });
  return new Set(rows.map(({ id }) => id));
}

/** Whoever's account was not changed is refused: unknown, or not covered for what this batch wants of it together. */
const refusing =
  (name: string, text: string, pace: Pace) =>
  async (batch: readonly Context[]): Promise<readonly BatchResult[]> => {
    if (pace.delayMs > 0) await sleep(pace.delayMs);
    const changed = await change(text, name, batch);
    return batch.map(({ payload: { account } }) =>
      changed.has(account) ? null : new Refused('NOT_COVERED'),
    );
  };

const carryingOut =
  (name: string, text: string) =>
  async (batch: readonly Context[]): Promise<void> => {
    await change(text, name, batch);
  };

const single =
  (text: string, name: string) =>
  async (context: Context): Promise<void> => {
    const changed = await change(text, name, [context]);
    if (!changed.has(context.payload.account)) throw new Refused('NOT_COVERED');
  };

const tccOf = (pace: Pace) => ({
  schema: payload,
  try: { batch: refusing('reserve', RESERVE, pace) },
  confirm: { batch: carryingOut('confirm', CONFIRM) },
  cancel: { batch: carryingOut('cancel', CANCEL) },
});
const sagaOf = (pace: Pace) => ({
  schema: payload,
  action: { batch: refusing('move', MOVE, pace) },
  compensate: { batch: carryingOut('move-back', MOVE_BACK) },
});
const xa = { schema: payload, work: { one: single(MOVE, 'move') } };

/** The operation `transfer` as a bank of this style offers it; `pace` may change at any time. */
export function operationsOf(style: BankStyle, pace: Pace): OperationDefinition[] {
  const [tcc, saga] = [tccOf(pace), sagaOf(pace)];
  const styles = { tcc: { tcc, saga }, xa: { xa, saga }, 'saga-only': { saga } }[style];
  return [defineOperation<Payload>({ name: 'transfer', ...styles })];
}
