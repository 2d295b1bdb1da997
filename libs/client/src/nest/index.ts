export { CONCORDAT_CLIENT, ConcordatClientModule } from './concordat-client.module.js';
export type { ClientModuleAsyncOptions } from './concordat-client.module.js';
export { OnOutcome } from './on-outcome.js';
export type { OnOutcomeOptions } from './on-outcome.js';
