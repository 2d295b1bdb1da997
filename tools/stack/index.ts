export { StackError } from './errors.js';
export { freePort, freePorts } from './ports.js';
export { startPostgres } from './postgres/start-postgres.js';
export type { PostgresOptions } from './postgres/options.js';
export type { DatabaseOptions } from './postgres/databases.js';
export type { Postgres, StopMode } from './postgres/server.js';
