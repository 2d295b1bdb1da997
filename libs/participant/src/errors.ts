export type ParticipantErrorCode =
  | 'CONCORDAT_HANDLERS_INVALID'
  | 'CONCORDAT_PREPARED_TRANSACTIONS_DISABLED'
  | 'CONCORDAT_NO_ENTITY_MANAGER'
  | 'CONCORDAT_STOPPED';

/**
 * An operating fault of a participant: what is wrong, whether the same call may succeed later, and the remedy.
 * Thrown by `createParticipant` (handlers), by `start` (database settings) and by `BranchContext.entityManager`.
 */
export class ParticipantError extends Error {
  override readonly name = 'ParticipantError';
  constructor(
    readonly code: ParticipantErrorCode,
    message: string,
    readonly remedy: string,
    readonly retriable = false,
  ) {
    super(`${message} ${remedy}`);
  }
}
