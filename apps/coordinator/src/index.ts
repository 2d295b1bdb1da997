export { startCoordinator } from './start-coordinator.js';
export type { CoordinatorOptions, RunningApp } from './start-coordinator.js';
