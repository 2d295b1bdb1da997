import { z } from 'zod';
import { id } from '#wire';

/** Payload of `charge` and `credit`: integer cents. */
export const transferPayload = z.strictObject({
  account: id,
  amount: z.int().min(0),
  orderId: id,
});
export type TransferPayload = z.output<typeof transferPayload>;
