import { z } from 'zod';

import {
  defineOperation,
  Refused,
  type BatchResult,
  type NamedStatement,
  type OperationDefinition,
  type StatementContext,
} from '#participant';
import { CANCEL, CONFIRM, MOVE, MOVE_BACK, netChanges, RESERVE } from '../transfer/account-sql.js';

const payload = z.strictObject({ account: z.int(), amount: z.int(), note: z.string().optional() });
type Payload = z.output<typeof payload>;
type Batch = readonly StatementContext<Payload>[];

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

/** How slow a bank is on purpose: how long its database thinks over each batch of tries. */
export interface Pace {
  delayMs: number;
}

/** One statement for the whole batch; returns the accounts that were changed. */
function changing(name: string, text: string, batch: Batch) {
  const { ids, amounts } = netChanges(batch.map((context) => context.payload));
  return { name, text, values: [ids, amounts] };
}

const delayed = (text: string, { delayMs }: Pace): string =>
  text.replace('RETURNING', `AND (SELECT pg_sleep(${delayMs / 1_000})::text) IS NOT NULL RETURNING`);

/** Whoever's account was not changed is refused: unknown, or not covered for what this batch wants of it together. */
const refusing =
  (name: string, text: string, pace: Pace) =>
  (batch: Batch): NamedStatement => ({
    ...(pace.delayMs > 0
      ? changing(`slow ${name}`, delayed(text, pace), batch)
      : changing(name, text, batch)),
    results: (rows: readonly { readonly id: number }[]): readonly BatchResult[] => {
      const changed = new Set(rows.map(({ id }) => id));
      return batch.map(({ payload: { account } }) =>
        changed.has(account) ? null : new Refused('NOT_COVERED'),
      );
    },
  });

const carryingOut =
  (name: string, text: string) =>
  (batch: Batch): NamedStatement =>
    changing(name, text, batch);

const tccOf = (pace: Pace) => ({
  schema: payload,
  try: { statement: refusing('reserve', RESERVE, pace) },
  confirm: { statement: carryingOut('confirm', CONFIRM) },
  cancel: { statement: carryingOut('cancel', CANCEL) },
});
const sagaOf = (pace: Pace) => ({
  schema: payload,
  action: { statement: refusing('move', MOVE, pace) },
  compensate: { statement: carryingOut('move-back', MOVE_BACK) },
});
const xa = { schema: payload, work: { statement: refusing('move', MOVE, { delayMs: 0 }) } };

/** The operation `transfer` as a bank of this style offers it; `pace` may change at any time. */
export function operationsOf(style: BankStyle, pace: Pace): OperationDefinition[] {
  const [tcc, saga] = [tccOf(pace), sagaOf(pace)];
  const styles = { tcc: { tcc, saga }, xa: { xa, saga }, 'saga-only': { saga } }[style];
  return [defineOperation<Payload>({ name: 'transfer', ...styles })];
}
