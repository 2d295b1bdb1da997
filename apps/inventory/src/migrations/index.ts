import { CreateStock1790000100001 } from './0001-create-stock.js';

/** The business schema, oldest first. Append only. */
export const inventoryMigrations = [CreateStock1790000100001];
