import type { TransactionOutcome } from '#client';
import { Dice } from '../dice.js';
import { branchesOf, violations } from './checks.js';
import type { Findings } from './checks.js';
import { Customers } from './customers.js';
import { Nemesis } from './nemesis.js';
import { END_LIMIT_MS, HEAR_LIMIT_MS, Rest, longest, tooLong } from './rest.js';
import { EngineNode, InitiatorNode, ParticipantNode } from './nodes.js';
import type { SimNode } from './nodes.js';
import { INITIATOR, Site } from './site.js';
import { shapeOf } from './shape.js';
import type { Shape } from './shape.js';
import { Tally } from './tally.js';

export interface SimulationOptions {
  readonly seed: number;
  /** Transactions submitted. Default 100. */
  readonly transactions?: number;
  /** What is not left to the dice. */
  readonly shape?: Partial<Shape>;
  /** Prints every log line with its moment. */
  readonly say?: (line: string) => void;
}

export interface SimulationReport {
  readonly seed: number;
  readonly shape: Shape;
  readonly transactions: number;
  /** What is wrong; empty = every invariant holds and everything ended in time. */
  readonly violations: readonly string[];
  /** Equal for equal seeds, to the last event. */
  readonly digest: string;
  readonly events: number;
  readonly simulatedMs: number;
  /** Longest from the last fault (or acceptance, where that was later) to the end of a transaction. */
  readonly endedInMs: number;
  /** Longest from the last fault (or the end, where that was later) to a customer's hearing of it. */
  readonly heardInMs: number;
  readonly counts: ReadonlyMap<string, number>;
}

/** Calm time in which the installation comes up. */
const OPENING_MS = 4_000;
/** How long faults go on after the last submission. */
const TROUBLE_MS = 4_000;
/** Longer than anything may take: a customer who is accepted last, and then hears last. */
const GIVE_UP_MS = 60_000;
const LOOK_MS = 100;
/** Late records arrive and must change nothing. */
const AFTERMATH_MS = 12_000;

/**
 * One seed, one history: an installation of real coordinators, watchdogs, participants and clients over simulated time, network
 * and databases; faults for a while, then peace, in which everything must end; then the invariants.
 */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  return (await experiment(options)).report;
}

/** The same, with what the checks looked at. */
export async function experiment({ seed, transactions = 100, shape = {}, say }: SimulationOptions) {
  const dice = new Dice(seed);
  const tally = new Tally(say ?? null);
  const site = new Site({ ...shapeOf(dice, transactions), ...shape }, dice.fork(), tally);
  const { nodes, customers } = populate(site, dice);
  const nemesis = new Nemesis(site, nodes, dice.fork());
  await trouble(site, nodes, customers, nemesis);
  const rest = await peace(site, customers, nemesis);

  const findings: Findings = { site, journal: [...customers.journal.values()], damaged: nemesis.damaged };
  const late = [
    ...tooLong('G4: not ended', rest.ends, END_LIMIT_MS),
    ...tooLong('not heard', rest.answers, HEAR_LIMIT_MS),
  ];
  countRare(site, tally);
  const report: SimulationReport = {
    seed,
    shape: site.shape,
    transactions: customers.journal.size,
    violations: [...late, ...customers.complaints, ...violations(findings)],
    digest: site.scheduler.digest,
    events: site.scheduler.events,
    simulatedMs: site.scheduler.nowMs,
    endedInMs: longest(rest.ends),
    heardInMs: longest(rest.answers),
    counts: tally.counts,
  };
  return { report, findings };
}

async function trouble(
  { scheduler, shape }: Site,
  nodes: readonly SimNode[],
  customers: Customers,
  nemesis: Nemesis,
): Promise<void> {
  for (const node of nodes) node.boot();
  await scheduler.runUntil(OPENING_MS);
  nemesis.begin();
  customers.open();
  await scheduler.runUntil(OPENING_MS + shape.spreadMs + TROUBLE_MS);
}

/** Liveness: with the faults gone everything comes to rest, in bounded simulated time. */
async function peace(site: Site, customers: Customers, nemesis: Nemesis): Promise<Rest> {
  const { scheduler } = site;
  nemesis.heal();
  const rest = new Rest(site, customers, nemesis.damaged, scheduler.nowMs);
  const patientUntilMs = scheduler.nowMs + GIVE_UP_MS;
  while (rest.isWaiting && scheduler.nowMs < patientUntilMs)
    await scheduler.runUntil(scheduler.nowMs + LOOK_MS);
  await scheduler.runUntil(scheduler.nowMs + AFTERMATH_MS);
  return rest;
}

function populate(site: Site, dice: Dice): { nodes: readonly SimNode[]; customers: Customers } {
  const { shape } = site;
  const numbered = (count: number, make: (number: number) => SimNode): SimNode[] =>
    Array.from({ length: count }, (_, at) => make(at + 1));
  const coordinators = numbered(shape.coordinators, (n) => new EngineNode(`c${n}`, site, 'coordinator'));
  const watchdogs = numbered(shape.watchdogs, (n) => new EngineNode(`w${n}`, site, 'watchdog'));
  const participants = shape.participants.flatMap((participant) =>
    numbered(
      participant.instances,
      (n) => new ParticipantNode(`${participant.name}-${n}`, site, participant),
    ),
  );
  const customers: Customers = new Customers(
    site,
    coordinators as EngineNode[],
    () => initiators as InitiatorNode[],
    dice.fork(),
  );
  const heard = (outcome: TransactionOutcome): void => customers.heard(outcome);
  const initiators = numbered(shape.initiators, (n) => new InitiatorNode(`${INITIATOR}-${n}`, site, heard));
  return { nodes: [...coordinators, ...watchdogs, ...participants, ...initiators], customers };
}

/** Paths that only the stores can tell of. */
function countRare(site: Site, tally: Tally): void {
  const { ledgerStore } = site;
  for (const [gtx, entries] of ledgerStore.timelines) {
    for (const { kind } of entries) tally.add(`timeline: ${kind}`);
    const row = ledgerStore.rows.get(gtx);
    if (row) tally.add(`end: ${row.tx.state}`);
    if (row?.tombstone) tally.add('tombstone');
    for (const { reason } of row?.tx.attempts ?? []) if (reason) tally.add(`abort: ${reason}`);
  }
  for (const { state } of branchesOf(site)) tally.add(`branch: ${state}`);
}
