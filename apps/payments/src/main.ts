import { guardProcess } from '#service';
import { startPayments } from './start-payments.js';

/** The accounts service as a process: settings from the environment, SIGTERM drains. */
export async function main(): Promise<void> {
  const { log, stop } = await startPayments();
  guardProcess(log, stop);
}
