import { StoreError, type StoreErrorCode } from '../../port/branch-store.js';
import { databaseFault } from '../errors.js';

/** What was being done when the server or the network objected: the same SQLSTATE means different things. */
export type Doing = 'connect' | 'statement' | 'work and commit' | 'commit' | 'prepare' | 'finish';

/** Codes that mean the same wherever they come up. */
const ANYWHERE: Readonly<Record<string, StoreErrorCode>> = {
  '55P03': 'LOCK_TIMEOUT',
  '40P01': 'DEADLOCK',
  '40001': 'SERIALIZATION',
  '53300': 'UNAVAILABLE', // too many connections
};

// As protocol's BY_SQLSTATE has them: a handler's statement may be among ours.
const OF_STATEMENTS = { '57014': 'LOCK_TIMEOUT', '53200': 'SLOTS' } as const;

const WHILE: Readonly<Record<Doing, Readonly<Record<string, StoreErrorCode>>>> = {
  connect: {},
  statement: OF_STATEMENTS,
  'work and commit': OF_STATEMENTS,
  commit: {},
  prepare: { '53200': 'SLOTS', '55000': 'DISABLED', '42710': 'DUPLICATE' },
  finish: { '55000': 'BUSY', '42501': 'NOT_OWNER', '0A000': 'OTHER_DATABASE' },
};

/** Verbs of whose effect nobody knows when the connection is lost; a plain statement is rolled back with its transaction. */
const MAY_HAVE_HAPPENED: readonly Doing[] = ['work and commit', 'commit', 'prepare', 'finish'];

/** Any error that pg threw, in the words of the port. */
export function toStoreError(error: unknown, doing: Doing): StoreError {
  if (error instanceof StoreError) return error;
  const { kind, sqlState, message } = databaseFault(error);
  const text = `${doing}: ${message}`;
  if (kind === 'lost' || doing === 'connect') {
    return new StoreError('UNAVAILABLE', text, MAY_HAVE_HAPPENED.includes(doing), sqlState, { cause: error });
  }
  const code = WHILE[doing][sqlState ?? ''] ?? ANYWHERE[sqlState ?? ''] ?? 'OTHER';
  return new StoreError(code, text, false, sqlState, { cause: error });
}
