import { CreateOrders1790000300001 } from './0001-create-orders.js';

/** The business schema, oldest first. Append only. */
export const ordersMigrations = [CreateOrders1790000300001];
