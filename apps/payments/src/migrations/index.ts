import { CreateAccounts1790000200001 } from './0001-create-accounts.js';

/** The business schema, oldest first. Append only. */
export const paymentsMigrations = [CreateAccounts1790000200001];
