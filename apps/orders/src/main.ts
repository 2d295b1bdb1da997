import { guardProcess } from '#service';
import { startOrders } from './start-orders.js';

/** The orders service as a process: settings from the environment, SIGTERM drains. */
export async function main(): Promise<void> {
  const { log, stop } = await startOrders();
  guardProcess(log, stop);
}
