import type { Dice } from '../dice.js';

/** The faults a seed may draw; every seed draws a part of them (swarm testing). */
export const FAULTS = [
  'loss', 'duplicates', 'reorder', 'delay', 'cuts', 'crashes', 'crashesAtWrites', 'pauses', 'skew', 'lostAnswers', 'refusals',
  'rebalances', 'ledgerOutage', 'serverOutage', 'handlerFaults', 'operators', 'byHand', 'participantAway',
] as const; // prettier-ignore
export type FaultName = (typeof FAULTS)[number];

export type ParticipantStyle = 'xa' | 'tcc' | 'sagaOnly';

export type Handlers = 'one' | 'batch' | 'statement';

export interface ParticipantShape {
  readonly name: string;
  readonly style: ParticipantStyle;
  /** What its handlers are: called for each branch, for many (xa never is), or asked for their SQL. */
  readonly handlers: Handlers;
  /** Its business refuses what is there already; the others would do it twice, which is seen. */
  readonly strict: boolean;
  readonly instances: number;
}

/** One simulated installation and what it will suffer, all of it drawn from the seed. */
export interface Shape {
  readonly coordinators: number;
  readonly watchdogs: number;
  readonly participants: readonly ParticipantShape[];
  /** Processes of the application that submits through its outbox: each relays what any of them enqueued. */
  readonly initiators: number;
  /** Watchdogs are given the databases of participants. */
  readonly databasesGiven: boolean;
  /** Few: branches wait for each other's locks. */
  readonly keys: number;
  /** `max_prepared_transactions` of each participant's server. */
  readonly slots: number;
  /** Local transactions at a time of a participant. */
  readonly connections: number;
  readonly transactions: number;
  readonly spreadMs: number;
  /** So many are submitted at one moment: batches of one, large ones, or more than any batch may be. */
  readonly burst: number;
  /** Share submitted through the outbox over Kafka. */
  readonly outboxShare: number;
  readonly partitions: number;
  readonly faults: ReadonlySet<FaultName>;
}

const FAULT_SHARE = 0.35;
/** Those that can take batches are more, and most do: a branch that runs alone is dear, and finds no more. */
const HANDLERS: readonly Handlers[] = [
  'one',
  ...Array.from({ length: 4 }, () => 'batch' as const),
  ...Array.from({ length: 5 }, () => 'statement' as const),
];
/** An xa branch runs alone, and costs twice a tcc one: every second installation has some. */
const ABLE: readonly ParticipantStyle[] = ['xa', 'tcc', 'tcc', 'tcc'];
const STYLES: readonly ParticipantStyle[] = [...ABLE, 'sagaOnly'];

/** Keys, slots and connections are meant for so many transactions: more have more of them, and wait for each other no more. */
const CROWD = 400;
/** A crowd's work is done in seconds then, though each step of it takes its time: what is overloaded only times out. */
const CONNECTIONS = 40;

export function shapeOf(dice: Dice, transactions: number): Shape {
  const crowds = Math.max(1, Math.round(transactions / CROWD));
  const participants = Array.from({ length: dice.between(2, 4) }, (_, at) => ({
    name: `p${at + 1}`,
    // At least the first two can do 2PC.
    style: dice.pick(at < 2 ? ABLE : STYLES),
    handlers: dice.pick(HANDLERS),
    strict: dice.chance(0.5),
    instances: dice.between(1, 2),
  }));
  return {
    // The more share the work, the smaller their batches.
    coordinators: dice.pick([1, 1, 2, 3]),
    watchdogs: dice.pick([1, 1, 2]),
    participants,
    initiators: dice.between(1, 2),
    databasesGiven: dice.chance(0.5),
    keys: crowds * dice.pick([20, 100, 600, 600, 600]),
    slots: crowds * dice.pick([3, 64, 64]),
    connections: crowds * CONNECTIONS,
    transactions,
    spreadMs: dice.pick([500, 4_000, 12_000]),
    burst: dice.pick([1, 8, 64, 256, 256, 1_000, 1_000]),
    outboxShare: dice.pick([0, 0.2, 0.6]),
    // One: most engines read no replies then, and every answer is another one's. Dear, too.
    partitions: dice.pick([1, 3, 6, 6]),
    faults: new Set(FAULTS.filter(() => dice.chance(FAULT_SHARE))),
  };
}
