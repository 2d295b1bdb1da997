export {
  Action, ActionBatch, Cancel, CancelBatch, Compensate, CompensateBatch, Confirm, ConfirmBatch, Participant, Tcc, TccBatch, Xa,
} from './decorators.js'; // prettier-ignore
export { ParticipantModule } from './participant.module.js';
export type { ParticipantModuleAsyncOptions, ParticipantModuleOptions } from './participant.module.js';
export { ParticipantHost } from './participant-host.js';
