export { startWatchdog } from './start-watchdog.js';
export type { RunningApp, WatchdogOptions } from './start-watchdog.js';
