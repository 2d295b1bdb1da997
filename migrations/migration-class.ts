import type { MigrationInterface } from 'typeorm';

/**
 * One step of a schema. The class name ends in 13 digits, by which TypeORM orders and remembers it.
 *
 * Rules: the arrays are append-only, a released step is never edited. A step must end within seconds on a table of
 * 10^7 rows: no table rewrite, no scan under an exclusive lock (new columns nullable or with a constant default,
 * constraints NOT VALID first). Every statement names the schema: `search_path` is the operator's.
 */
export type MigrationClass = new () => MigrationInterface;
