import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import type { ParticipantProcess } from '../participant/participant-process.js';

/**
 * Sessions of the application's own statements. A lock that a transaction in doubt holds is not waited for: the caller comes back.
 * A hung process does not keep its own locks for ever.
 */
const SESSION = '-c lock_timeout=2000 -c idle_in_transaction_session_timeout=10000';

const MAX_CONNECTIONS = 10;

/** For TypeOrmModule.forRoot: the application's business tables, in the participant's database. Inject it by the app's name. */
export function databaseOf(
  process: ParticipantProcess,
  entities: readonly (new () => object)[],
): TypeOrmModuleOptions {
  const { config, observability } = process;
  return {
    type: 'postgres',
    // @nestjs/typeorm keeps names for the whole process, where the all-in-one has several apps.
    name: config.app,
    url: config.databaseUrl,
    applicationName: config.instanceId,
    entities: [...entities],
    connectTimeoutMS: 5_000,
    // The database was there a moment ago, when it was migrated: what fails now should be seen at once.
    retryAttempts: 1,
    extra: { max: MAX_CONNECTIONS, options: SESSION, keepAlive: true },
    poolErrorHandler: (error: Error) =>
      observability.log.warn({ err: error }, 'an idle database connection ended'),
  };
}
