import { z } from 'zod';

/** Type of a record that carries several messages to one participant, or of one. */
export const PACK = 'PACK';

/** Messages in one pack. */
export const MAX_PACK_MESSAGES = 256;

/** The value of a pack. `body`: what the value of a record of that type would be; each is checked by its own schema. */
export const packSchema = z
  .array(z.strictObject({ type: z.string(), traceparent: z.string().optional(), body: z.unknown() }))
  .min(1)
  .max(MAX_PACK_MESSAGES);
