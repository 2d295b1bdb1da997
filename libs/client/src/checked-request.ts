import { planFaults } from '#protocol';
import { beginRequestSchema, inputFaults, type BeginRequest, type BeginRequestInput } from '#wire';
import { invalidRequest } from './errors.js';

/** A request with its defaults filled in and its id chosen. */
export type IdentifiedRequest = BeginRequest & { readonly id: string };

/**
 * Checks a request as the coordinator will (all but what only its registry knows) and gives it an id, so that every
 * repetition is the same transaction. Throws ConcordatError CONCORDAT_INVALID_REQUEST that lists every fault.
 */
export function checkedRequest(input: BeginRequestInput, newId: () => string): IdentifiedRequest {
  const parsed = beginRequestSchema.safeParse(input);
  if (!parsed.success) throw invalidRequest(inputFaults(parsed.error.issues));
  const faults = planFaults(parsed.data);
  if (faults.length > 0) throw invalidRequest(faults);
  return { ...parsed.data, id: parsed.data.id ?? newId() };
}
