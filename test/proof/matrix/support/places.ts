import type { FaultPoint } from '#observability';
import type { AppKind } from '#stack';

/**
 * commit: everybody can. refusal: a branch says NO for a business reason. timeout: a branch cannot prepare in time, because
 * somebody else holds its row.
 */
export type Situation = 'commit' | 'refusal' | 'timeout';
export type Victim = AppKind;

/**
 * What is run to reach a point: a purchase (2pc: tcc stock, xa payment, xa fee), the same as a saga, the same with a
 * fallback that happens (and then completes, or is refused at its last step and compensated), or an order through the outbox.
 */
export type Traffic = 'purchase' | 'saga' | 'fallback' | 'fallback-refused' | 'order';

/** Where a point lies: who passes it, and by which traffic in which situation. A situation that cannot reach it is left out. */
interface Place {
  readonly victims: readonly Victim[];
  readonly situations: Partial<Record<Situation, Traffic>>;
}

const EVERY = { commit: 'purchase', refusal: 'purchase', timeout: 'purchase' } as const;
const COMMITS = { commit: 'purchase' } as const;
const FORWARD = { commit: 'saga', refusal: 'saga', timeout: 'fallback' } as const;
const BACK = { refusal: 'saga', timeout: 'fallback-refused' } as const;
const ORDERS = { commit: 'order', refusal: 'order', timeout: 'order' } as const;

const driven = (situations: Place['situations']): Place => ({ victims: ['coordinator'], situations });
const guarded = (situations: Place['situations']): Place => ({ victims: ['watchdog'], situations });
const worked = (situations: Place['situations']): Place => ({
  victims: ['payments', 'inventory'],
  situations,
});

export const PLACES: Readonly<Record<FaultPoint, Place>> = {
  C1: driven(EVERY),
  C2: driven(EVERY),
  C3: driven(EVERY),
  C4: driven(EVERY),
  C5: driven(EVERY),
  C6: driven(EVERY),
  C7: driven(COMMITS),
  C8: driven(COMMITS),
  C9: driven(EVERY),
  C10: driven(EVERY),
  W1: guarded(EVERY),
  W2: guarded(EVERY),
  W3: guarded(EVERY),
  W5: guarded(EVERY),
  P1: worked(EVERY),
  P2: worked(EVERY),
  P3: worked(EVERY),
  P4: worked(EVERY),
  P5: worked(EVERY),
  P6: worked(COMMITS),
  P7: worked(EVERY),
  // Only xa rolls back and then plants: tcc does both in one transaction.
  P8: { victims: ['payments'], situations: { refusal: 'purchase', timeout: 'purchase' } },
  S1: worked(FORWARD),
  S2: driven(FORWARD),
  S3: driven({ refusal: 'fallback-refused', timeout: 'fallback' }),
  S4: worked(BACK),
  S5: driven(BACK),
  S6: driven(FORWARD),
  O1: { victims: ['orders'], situations: ORDERS },
  O2: { victims: ['orders'], situations: ORDERS },
};
