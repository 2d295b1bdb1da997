import { z } from 'zod';
import { Decision, Heuristic, Mode, TERMINAL, TransactionState, type Json } from '#protocol';

const fault = z.object({ code: z.string(), message: z.string().nullable() });

/** A transaction as `GET /v1/transactions/{id}` shows it. Fields a newer coordinator adds are let through. */
const transactionViewSchema = z.looseObject({
  id: z.string(),
  mode: z.enum(Mode),
  state: z.enum(TransactionState),
  outcome: z.enum(['committed', 'aborted']).nullable(),
  attempt: z.int(),
  attempts: z.array(
    z.looseObject({
      attempt: z.int(),
      mode: z.enum(Mode),
      decision: z.enum(Decision).nullable(),
      reason: z.string().nullish(),
      decidedAt: z.string().nullish(),
      decidedBy: z.string().nullish(),
    }),
  ),
  branches: z.array(
    z.looseObject({
      id: z.string(),
      participant: z.string(),
      operation: z.string(),
      state: z.string(),
      output: z.custom<Json>(() => true).optional(),
      error: fault.nullish(),
    }),
  ),
  heuristic: z.enum(Heuristic),
  businessKey: z.string().nullish(),
  createdAt: z.string(),
  deadline: z.string().nullish(),
  endedAt: z.string().nullish(),
});

export type TransactionView = z.output<typeof transactionViewSchema>;

/** The view in a coordinator's answer, or null when it is none (a proxy's page, another service). */
export function readTransactionView(body: unknown): TransactionView | null {
  const parsed = transactionViewSchema.safeParse(body);
  return parsed.success ? parsed.data : null;
}

/** `decided`: the outcome is set, for ever. `applied`: every branch acknowledged its durable final state. */
export type Stage = 'decided' | 'applied';

export function hasReached(view: TransactionView, stage: Stage): boolean {
  if (stage === 'decided') return view.outcome !== null;
  return TERMINAL.includes(view.state);
}

/** The refusal code of the first NO, or why else it was aborted; null when it was not. */
export function reasonOf(view: TransactionView): string | null {
  const current = view.attempts.find(({ attempt }) => attempt === view.attempt);
  return current?.reason ?? null;
}
