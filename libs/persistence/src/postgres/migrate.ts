import { coordinatorMigrations, participantMigrations, type MigrationClass } from '#migrations';
import pg from 'pg';

/**
 * A schema: its steps, and the table in which TypeORM remembers them. Several may live in one database; an application brings its
 * business schema as one of its own, with a name of `[a-z_]`.
 */
export interface SchemaSet {
  readonly name: string;
  readonly migrations: readonly MigrationClass[];
}

export const coordinatorSchema: SchemaSet = { name: 'coordinator', migrations: coordinatorMigrations };
export const participantSchema: SchemaSet = { name: 'participant', migrations: participantMigrations };

const SCHEMA = 'concordat';
const historyTable = (set: SchemaSet): string => `migration_${set.name}`;

/** Any number, the same in every instance: who holds it migrates, the others wait. */
const LOCK_KEY = '7300730173027303';
const LOCK_TIMEOUT_MS = 120_000;
const CONNECT_MS = 10_000;

/** Migrates a coordinator's database; returns the names of the steps that were missing. */
export const migrateCoordinator = (databaseUrl: string): Promise<readonly string[]> =>
  migrate(databaseUrl, coordinatorSchema);

/** The same for a participant's database. */
export const migrateParticipant = (databaseUrl: string): Promise<readonly string[]> =>
  migrate(databaseUrl, participantSchema);

/**
 * Brings the schema up to date. Safe when many instances start at once: one works, the others wait for it and find nothing
 * to do. The lock belongs to a session of its own, so that a crash of the migrating process frees it.
 * @throws Error when the lock is not free within two minutes, or a step fails (it is rolled back as a whole)
 */
export async function migrate(databaseUrl: string, set: SchemaSet): Promise<readonly string[]> {
  const holder = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'concordat migrate',
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
  });
  let lost: Error | null = null;
  holder.on('error', (error) => (lost = error));
  await holder.connect();
  try {
    await takeLock(holder);
    await holder.query(`CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`);
    const applied = await runMissing(databaseUrl, set);
    if (lost !== null) throw lost as Error;
    return applied;
  } finally {
    await holder.end();
  }
}

async function takeLock(holder: pg.Client): Promise<void> {
  await holder.query(`SELECT set_config('lock_timeout', $1, false)`, [`${LOCK_TIMEOUT_MS}ms`]);
  try {
    await holder.query(`SELECT pg_advisory_lock($1)`, [LOCK_KEY]);
  } catch (error) {
    const remedy = `Another process migrates this database for over ${LOCK_TIMEOUT_MS / 1000} s: see pg_locks (advisory), end it, start again.`;
    throw new Error(remedy, { cause: error });
  }
}

async function runMissing(databaseUrl: string, set: SchemaSet): Promise<readonly string[]> {
  // Loaded when needed: most of who imports this library never migrates, and TypeORM is large.
  const { DataSource } = await import('typeorm');
  const source = new DataSource({
    type: 'postgres',
    url: databaseUrl,
    schema: SCHEMA,
    migrations: [...set.migrations],
    migrationsTableName: historyTable(set),
    migrationsTransactionMode: 'each',
    connectTimeoutMS: CONNECT_MS,
    extra: { max: 1, keepAlive: true },
  });
  await source.initialize();
  try {
    const applied = await source.runMigrations();
    return applied.map(({ name }) => name);
  } finally {
    await source.destroy();
  }
}

/** What readiness needs of a pool. */
interface Queryable {
  query(text: string): Promise<{ rows: unknown[] }>;
}

/** Names of steps this build knows and the database does not have: not ready while there are any. */
export async function pendingMigrations(database: Queryable, set: SchemaSet): Promise<readonly string[]> {
  const wanted = set.migrations.map(({ name }) => name);
  const table = `${SCHEMA}.${historyTable(set)}`;
  const { rows: found } = await database.query(`SELECT to_regclass('${table}') IS NOT NULL AS present`);
  if (!(found[0] as { present: boolean }).present) return wanted;
  const { rows } = await database.query(`SELECT name FROM ${table}`);
  const applied = new Set((rows as { name: string }[]).map(({ name }) => name));
  return wanted.filter((name) => !applied.has(name));
}
