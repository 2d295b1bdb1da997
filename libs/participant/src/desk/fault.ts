import { FAULT_RULES, faultOfSqlState, plainNo } from '#protocol';
import type { BranchFaultKind, No } from '#protocol';
import { StoreError } from '#persistence';
import { clipText } from '#wire';
import { MAX_REFUSAL_MESSAGE } from '../operations/refused.js';
import type { Desk } from './desk.js';

/** Something that was thrown while a branch was worked on, named. */
export interface Fault {
  readonly kind: BranchFaultKind;
  readonly message: string;
  readonly error: unknown;
}

const SQLSTATE = /^[0-9A-Z]{5}$/;
const BROKEN_SOCKETS: readonly string[] = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'];
/** pg reports a lost connection without a code. */
const BROKEN_SESSION = /^(Connection terminated|Client has encountered a connection error|Client was closed)/;

/** From the store's own errors, or from what the handler's own statements threw (pg, or TypeORM around it). */
export function faultOf(error: unknown): Fault {
  return { kind: kindOf(error), message: clipText(messageOf(error), MAX_REFUSAL_MESSAGE), error };
}

/**
 * The fault of one branch, when the database as a whole still answers. Otherwise throws: nothing may be said of any branch, the
 * command stays unacknowledged and comes again.
 */
export async function faultOfBranch(desk: Desk, error: unknown): Promise<Fault> {
  const fault = faultOf(error);
  if (FAULT_RULES[fault.kind].then === 'ask-database') await desk.store.ping();
  return fault;
}

export function looksAgain({ kind }: Fault): boolean {
  return FAULT_RULES[kind].then !== 'vote-no';
}

export function noOfFault({ kind, message }: Fault): No {
  return plainNo(FAULT_RULES[kind].no, message);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function kindOf(error: unknown): BranchFaultKind {
  if (error instanceof StoreError) return error.code;
  if (!(error instanceof Error)) return 'OTHER';
  const code = codeOf(error);
  if (code !== null && SQLSTATE.test(code) && !BROKEN_SOCKETS.includes(code)) return faultOfSqlState(code);
  if ((code !== null && BROKEN_SOCKETS.includes(code)) || BROKEN_SESSION.test(error.message))
    return 'UNAVAILABLE';
  return error.cause instanceof Error ? kindOf(error.cause) : 'OTHER';
}

/** TypeORM keeps the driver's error in `driverError`. */
function codeOf(error: Error): string | null {
  const { code, driverError } = error as { code?: unknown; driverError?: { code?: unknown } };
  if (typeof code === 'string') return code;
  return typeof driverError?.code === 'string' ? driverError.code : null;
}
