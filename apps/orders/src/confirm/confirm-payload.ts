import { z } from 'zod';
import { id } from '#wire';

/** Payload of the operation `confirm`. */
export const confirmPayload = z.strictObject({ orderId: id });
export type ConfirmPayload = z.output<typeof confirmPayload>;
