export { coordinatorMigrations } from './coordinator/index.js';
export { participantMigrations } from './participant/index.js';
export type { MigrationClass } from './migration-class.js';
