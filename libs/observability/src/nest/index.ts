export { CLOCK, FAULTS, LOG, METRICS, ObservabilityModule, RANDOM } from './observability.module.js';
export type { Observability } from './observability.module.js';
