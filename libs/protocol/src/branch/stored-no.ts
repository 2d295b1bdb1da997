import type { BranchFault } from '../transaction.js';
import { NoCode } from '../vocabulary.js';

/** A NO as a vote carries it: the protocol's code, and what the client is told. */
export interface No {
  readonly code: NoCode;
  readonly fault: BranchFault;
}

const WRAPPED = /^NO\(([A-Z0-9_]+)\)$/;
const NO_CODES: readonly string[] = Object.values(NoCode);

/**
 * The fault that a tombstone keeps, so that a repeated PREPARE gets the same NO. A business code is stored as it is; a protocol
 * code is wrapped, so that a business code which happens to be spelled like one can never allow a fallback (R8).
 */
export function storedNo(no: No): BranchFault {
  return no.code === NoCode.Refused ? no.fault : { code: `NO(${no.code})`, message: no.fault.message };
}

/** Reads `storedNo` back; FENCED for a tombstone without a fault (planted by ABORT). */
export function readStoredNo(error: BranchFault | null): No {
  if (!error) return plainNo(NoCode.Fenced, 'this branch was aborted here before the prepare came');
  const code = WRAPPED.exec(error.code)?.[1];
  if (code === undefined || !NO_CODES.includes(code)) return { code: NoCode.Refused, fault: error };
  return plainNo(code as NoCode, error.message);
}

/** A NO without a business code: the fault repeats the protocol's. */
export function plainNo(code: NoCode, message: string): No {
  return { code, fault: { code, message } };
}
