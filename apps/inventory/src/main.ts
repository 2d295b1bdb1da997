import { guardProcess } from '#service';
import { startInventory } from './start-inventory.js';

/** The stock service as a process: settings from the environment, SIGTERM drains. */
export async function main(): Promise<void> {
  const { log, stop } = await startInventory();
  guardProcess(log, stop);
}
