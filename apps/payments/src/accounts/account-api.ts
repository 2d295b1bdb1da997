import { z } from 'zod';
import { pageQuery, pageSchema } from '#service';
import { id } from '#wire';
import type { Account } from './account.entity.js';

/** The shapes of `/accounts`; amounts in integer cents. */
export const accountId = id;
export const putAccount = z.strictObject({ balance: z.int().min(0) });
export const accountQuery = z.strictObject({ ...pageQuery });
export const accountView = z.object({ id: accountId, balance: z.int(), held: z.int() });
export const accountPage = pageSchema(accountView);

export type PutAccount = z.output<typeof putAccount>;
export type AccountQuery = z.output<typeof accountQuery>;
export type AccountView = z.output<typeof accountView>;

export function showAccount({ id, balance, held }: Account): AccountView {
  return { id, balance, held };
}
