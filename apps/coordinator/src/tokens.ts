/** Injection tokens of the parts of the driver process. */
export const ENGINE = Symbol('coordinator.engine');
export const LEDGER = Symbol('coordinator.ledger');
export const ADMIN = Symbol('coordinator.ledger-admin');
export const BUS = Symbol('coordinator.bus');
export const WAITING_WORK = Symbol('coordinator.waiting-work');
/** Whether work may be taken (`Door`). */
export const DOOR = Symbol('coordinator.door');
/** Who this process is (`Config`). */
export const CONFIG = Symbol('coordinator.config');
