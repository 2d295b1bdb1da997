import { guardProcess } from '#service';
import { startCoordinator } from './start-coordinator.js';

/** One coordinator as a process: settings from the environment, SIGTERM drains. */
export async function main(): Promise<void> {
  const { log, stop } = await startCoordinator();
  guardProcess(log, stop);
}
