import { z } from 'zod';
import { defineOperation, Refused, type BranchContext } from '#participant';
import type { CommandMessage } from '#wire';
import type { ParticipantServer } from '../persistence/participant-server.js';

/** A small business: accounts whose balance must never fall below zero, and a line of effects per branch. */

const chargeSchema = z.object({ account: z.string(), amount: z.int() });
type Charge = z.infer<typeof chargeSchema>;
type Context = BranchContext<Charge>;

const TABLES = `
  CREATE TABLE IF NOT EXISTS account (id text PRIMARY KEY, balance int NOT NULL CHECK (balance >= 0));
  CREATE TABLE IF NOT EXISTS effect (gtx text, branch text, what text, times int NOT NULL, PRIMARY KEY (gtx, branch, what));
  GRANT ALL ON account, effect TO payments`;

export async function createBusiness(server: ParticipantServer): Promise<void> {
  await server.query('one', TABLES);
}

async function note({ client, gtx, branch }: Context, what: string): Promise<void> {
  await client.query(
    `INSERT INTO effect VALUES ($1, $2, $3, 1) ON CONFLICT (gtx, branch, what) DO UPDATE SET times = effect.times + 1`,
    [gtx, branch, what],
  );
}

async function move(context: Context, what: string, sign: 1 | -1): Promise<{ balance: number }> {
  const { account, amount } = context.payload;
  const { rows } = await context.client.query<{ balance: number }>(
    `UPDATE account SET balance = balance + $2 WHERE id = $1 AND balance + $2 >= 0 RETURNING balance`,
    [account, sign * amount],
  );
  if (!rows[0]) throw new Refused('INSUFFICIENT_FUNDS', `${account} cannot pay ${amount}`);
  await note(context, what);
  return rows[0];
}

export const charge = defineOperation<Charge>({
  name: 'charge',
  xa: { schema: chargeSchema, work: { one: (context) => move(context, 'charged', -1) } },
  saga: {
    schema: chargeSchema,
    action: { one: (context) => move(context, 'acted', -1) },
    compensate: { one: (context) => move(context, 'compensated', 1) },
  },
});

export const balanceCheck = defineOperation<Charge>({
  name: 'check',
  xa: {
    schema: chargeSchema,
    work: {
      async one({ client, payload }) {
        const { rows } = await client.query<{ balance: number }>(
          'SELECT balance FROM account WHERE id = $1',
          [payload.account],
        );
        return rows[0]!;
      },
    },
  },
});

/** tcc by batches: one statement a phase a batch. */
export const hold = defineOperation<Charge>({
  name: 'hold',
  tcc: {
    schema: chargeSchema,
    try: {
      async batch(contexts, client) {
        const { rows } = await (client as Context['client']).query<{ id: string }>(
          `UPDATE account a SET balance = balance - k.amount
           FROM unnest($1::text[], $2::int[]) AS k(id, amount) WHERE a.id = k.id AND a.balance >= k.amount RETURNING a.id`,
          [contexts.map(({ payload }) => payload.account), contexts.map(({ payload }) => payload.amount)],
        );
        const held = new Set(rows.map(({ id }) => id));
        return contexts.map(({ payload }) =>
          held.has(payload.account) ? undefined : new Refused('INSUFFICIENT_FUNDS'),
        );
      },
    },
    confirm: { batch: async () => undefined },
    cancel: {
      async batch(contexts, client) {
        await (client as Context['client']).query(
          `UPDATE account a SET balance = balance + k.amount FROM unnest($1::text[], $2::int[]) AS k(id, amount) WHERE a.id = k.id`,
          [contexts.map(({ payload }) => payload.account), contexts.map(({ payload }) => payload.amount)],
        );
      },
    },
  },
});

export async function openAccount(server: ParticipantServer, id: string, balance: number): Promise<void> {
  await server.query('one', 'INSERT INTO account VALUES ($1, $2)', [id, balance]);
}

export async function balanceOf(server: ParticipantServer, id: string): Promise<number> {
  const [row] = await server.query<{ balance: number }>('one', 'SELECT balance FROM account WHERE id = $1', [
    id,
  ]);
  return row!.balance;
}

export async function timesOf(server: ParticipantServer, gtx: string, what: string): Promise<number> {
  const rows = await server.query<{ times: number }>(
    'one',
    'SELECT times FROM effect WHERE gtx = $1 AND what = $2',
    [gtx, what],
  );
  return rows[0]?.times ?? 0;
}

export async function gidsOf(server: ParticipantServer, gtx: string): Promise<number> {
  const rows = await server.query('one', 'SELECT gid FROM pg_prepared_xacts WHERE gid LIKE $1', [
    `%:${gtx}:%`,
  ]);
  return rows.length;
}

export async function rowOf(server: ParticipantServer, gtx: string, attempt = 1): Promise<string | null> {
  const rows = await server.query<{ state: string }>(
    'one',
    'SELECT state FROM concordat.branch WHERE gtx = $1 AND attempt = $2',
    [gtx, attempt],
  );
  return rows[0]?.state ?? null;
}

/** Commands of one branch. */
export function commandsFor(gtx: string, account: string, amount = 10) {
  const base = { participant: 'payments', gtx, branch: 'b', ledgerEpoch: 1, replyPartition: null } as const;
  const payload = { account, amount };
  return {
    prepare: (operation = 'charge', budgetMs = 30_000): CommandMessage => {
      return { ...base, type: 'PREPARE', attempt: 1, operation, payload, budgetMs };
    },
    commit: { ...base, type: 'COMMIT', attempt: 1 } satisfies CommandMessage,
    abort: { ...base, type: 'ABORT', attempt: 1 } satisfies CommandMessage,
    action: (attempt = 2): CommandMessage => {
      return { ...base, type: 'ACTION', attempt, operation: 'charge', payload, kind: 'compensatable' };
    },
    compensate: (attempt = 2): CommandMessage => {
      return { ...base, type: 'COMPENSATE', attempt, operation: 'charge', settle: false };
    },
  };
}
