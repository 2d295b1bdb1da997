import { z } from 'zod';
import { Refused } from '#participant';
import type { BranchContext, OperationDefinition } from '#participant';
import type { MemoryClient } from '#persistence';

const schema = z.strictObject({ key: z.string(), amount: z.int(), refuse: z.boolean().default(false) });
type Add = z.output<typeof schema>;

const clientOf = (tx: BranchContext<Add>): MemoryClient => tx.client as unknown as MemoryClient;

async function add(tx: BranchContext<Add>, factor: 1 | -1): Promise<void> {
  if (tx.payload.refuse) throw new Refused('REFUSED_BY_TEST');
  await clientOf(tx).update(tx.payload.key, (value) => Number(value ?? 0) + factor * tx.payload.amount);
}

const nothing = async (): Promise<void> => undefined;
const action = { one: (tx: BranchContext<Add>) => add(tx, 1) };
const compensate = { one: (tx: BranchContext<Add>) => add(tx, -1) };
const saga = { schema, action, compensate };

/** `add {key, amount}` in every style: xa adds in the prepared transaction, tcc at confirm, saga at the action. */
export const addXa: OperationDefinition<Add> = { name: 'add', xa: { schema, work: action }, saga };
export const addTcc: OperationDefinition<Add> = {
  name: 'add',
  tcc: {
    schema,
    try: {
      one: async (tx) => {
        if (tx.payload.refuse) throw new Refused('REFUSED_BY_TEST');
      },
    },
    confirm: action,
    cancel: { one: nothing },
  },
  saga,
};
export const addSagaOnly: OperationDefinition<Add> = { name: 'add', saga };
