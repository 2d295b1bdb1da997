export const DRIVER = Symbol('watchdog.driver');
export const SWEEP = Symbol('watchdog.dead-participant-sweep');
