export { createParticipant } from './runtime/create-participant.js';
export { ParticipantRuntime } from './runtime/participant-runtime.js';
export type { ParticipantHealth } from './runtime/participant-runtime.js';
export type { ParticipantOptions } from './runtime/options.js';
export type { Accepted, OpenRecord } from './runtime/intake.js';
export { ParticipantError } from './errors.js';
export type { ParticipantErrorCode } from './errors.js';
export { ReadOnly, Refused } from './operations/refused.js';
export type { BatchResult, HandlerResult } from './operations/refused.js';
export type { BranchContext, EntityManagerFactory, StatementContext } from './operations/branch-context.js';
export { defineOperation } from './operations/operation.js';
export type {
  BatchStep, NamedStatement, OperationDefinition, SagaStyle, SingleStep, StatementStep, Step, TccStyle, XaStyle,
} from './operations/operation.js'; // prettier-ignore
export type { BranchPage, BranchQuery, ListedBranch } from './runtime/branch-list.js';
export { createOutsideFinisher } from './executors/finish-outside.js';
export type { OutsideFinisher, OutsideFinisherOptions } from './executors/finish-outside.js';
