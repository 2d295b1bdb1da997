import { z } from 'zod';
import { notFound, type Problem } from '#service';
import { gtxId } from '#wire';

/**
 * An id in a path. Anything shaped like a UUID is looked up (and not found unless it is one of ours, lower case and version 7);
 * other text is a fault of the caller.
 */
export const transactionId = z
  .string()
  .regex(/^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/, 'must be a UUID');

export function isGtx(id: string): boolean {
  return gtxId.safeParse(id).success;
}

export function unknownTransaction(id: string): Problem {
  return notFound(`There is no transaction ${id}.`);
}
