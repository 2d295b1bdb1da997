export {
  Action, ActionBatch, ActionStatement, Cancel, CancelBatch, CancelStatement, Compensate, CompensateBatch, CompensateStatement,
  Confirm, ConfirmBatch, ConfirmStatement, Participant, Tcc, TccBatch, TccStatement, Xa, XaStatement,
} from './decorators.js'; // prettier-ignore
export { ParticipantModule } from './participant.module.js';
export type { ParticipantModuleAsyncOptions, ParticipantModuleOptions } from './participant.module.js';
export { ParticipantHost } from './participant-host.js';
