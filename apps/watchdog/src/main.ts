import { guardProcess } from '#service';
import { startWatchdog } from './start-watchdog.js';

/** One watchdog as a process: settings from the environment, SIGTERM drains. */
export async function main(): Promise<void> {
  const { log, stop } = await startWatchdog();
  guardProcess(log, stop);
}
