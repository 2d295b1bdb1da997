/**
 * One branch at its participant as a table: every durable state it can be in, and what every command leads to when nothing else
 * runs there. Filled by running the real executors; `interleavings.ts` is about what happens when copies run at once.
 */
import type { ReplyMessage } from '#wire';
import { apply, emptyDb } from './database.js';
import type { Answer, Db, Handler } from './database.js';
import { defectIn } from './defects.js';
import type { Defect } from './defects.js';
import { commandOf } from './threads.js';
import type { Style, Threads } from './threads.js';

/** A command as the messages of the search name it. */
export type Ask = 'PREPARE' | 'COMMIT' | 'ABORT' | 'ACTION' | 'COMPENSATE' | 'SETTLE';
export const ASKS: readonly Ask[] = ['PREPARE', 'COMMIT', 'ABORT', 'ACTION', 'COMPENSATE', 'SETTLE'];

export interface MachineOptions {
  readonly style: Style;
  readonly kind: 'compensatable' | 'pivot' | 'retriable';
  /** The attempt of ACTION and COMPENSATE: 2 after a fallback, 1 in a saga. */
  readonly sagaAttempt: 1 | 2;
  readonly answers: Partial<Record<Handler, readonly Answer[]>>;
  /** PREPARE may come with its budget spent. */
  readonly expires: boolean;
  /** Once, the prepared state may be lost (a restored database, a careless operator). */
  readonly loses: boolean;
  readonly defect: Defect | null;
}

/** One way a command may end. `well`: every handler did its work. */
export interface Step {
  readonly to: number;
  readonly reply: ReplyMessage | null;
  readonly well: boolean;
}

/** What the invariants ask of a state. */
export interface Facts {
  readonly prepared: boolean;
  readonly committed: boolean;
  readonly aborted: boolean;
  readonly readOnly: boolean;
  readonly lost: boolean;
  readonly acted: boolean;
  readonly compensated: boolean;
  /** The saga's key is there: the action ran, failed, or never will. */
  readonly settled: boolean;
  /** Null, or what is wrong within this one participant. */
  readonly fault: string | null;
  readonly text: string;
}

export class Machine {
  readonly states: Db[] = [];
  readonly facts: Facts[] = [];
  /** By state, by index in ASKS. */
  readonly steps: (readonly Step[])[][] = [];
  /** By state: where the loss of what is prepared leads; −1: nothing to lose. */
  readonly losses: number[] = [];
  private readonly ids = new Map<string, number>();

  private constructor(private readonly options: MachineOptions) {}

  static async build(threads: Threads, options: MachineOptions): Promise<Machine> {
    const machine = new Machine(options);
    machine.intern(emptyDb(1));
    for (let state = 0; state < machine.states.length; state += 1) {
      machine.losses[state] = machine.lossOf(machine.states[state]!);
      machine.steps[state] = [];
      for (const ask of ASKS) machine.steps[state]!.push(await machine.stepsOf(threads, state, ask));
    }
    return machine;
  }

  private intern(db: Db): number {
    const name = JSON.stringify(db);
    const known = this.ids.get(name);
    if (known !== undefined) return known;
    this.ids.set(name, this.states.length);
    this.states.push(db);
    this.facts.push(factsOf(db, this.options));
    return this.states.length - 1;
  }

  private async stepsOf(threads: Threads, state: number, ask: Ask): Promise<readonly Step[]> {
    const { style, kind, sagaAttempt, expires } = this.options;
    if (sagaAttempt === 1 && (ask === 'PREPARE' || ask === 'COMMIT' || ask === 'ABORT')) return [];
    const command = (expired: boolean) => {
      if (ask === 'ACTION') return commandOf(style, ask, sagaAttempt, { kind });
      if (ask === 'COMPENSATE') return commandOf(style, ask, sagaAttempt);
      if (ask === 'SETTLE') return commandOf(style, 'COMPENSATE', sagaAttempt, { settle: true });
      return commandOf(style, ask, 1, { expired });
    };
    const variants = ask === 'PREPARE' && expires ? [false, true] : [false];
    const found: Step[] = [];
    for (const expired of variants) {
      const root = await threads.root({ style, command: command(expired), outside: false });
      await this.run(threads, this.states[state]!, root, !expired, found);
    }
    return distinct(found);
  }

  /** Runs the work to its end, every way its handlers may answer. */
  private async run(threads: Threads, db: Db, node: number, well: boolean, found: Step[]): Promise<void> {
    const { verb, ...end } = threads.nodes[node]!;
    if (!verb) {
      const { reply } = end as { reply: ReplyMessage | null };
      found.push({ to: this.intern(db), reply: this.said(reply), well });
      return;
    }
    const defect = defectIn(this.options.defect, threads.task(node).command.type);
    for (const outcome of apply(db, 0, verb, this.options.answers, defect)) {
      const good = well && (verb.do !== 'handle' || ('ok' in outcome.result && outcome.result.ok === 'ok'));
      await this.run(threads, outcome.db, await threads.after(node, outcome.result), good, found);
    }
  }

  private said(reply: ReplyMessage | null): ReplyMessage | null {
    if (this.options.defect !== 'unknown-branch-committed') return reply;
    return reply?.type === 'ACK' && reply.state === 'LOST' ? { ...reply, state: 'COMMITTED' } : reply;
  }

  private lossOf(db: Db): number {
    const prepared = db.prepared[0] !== null || db.rows[0]?.state === 'PREPARED';
    if (!this.options.loses || !prepared) return -1;
    return this.intern(emptyDb(1));
  }
}

function distinct(steps: readonly Step[]): readonly Step[] {
  const good = [...steps].sort((a, b) => Number(a.well) - Number(b.well));
  return [...new Map(good.map((step) => [JSON.stringify([step.to, step.reply]), step])).values()];
}

function factsOf(db: Db, { style, sagaAttempt }: MachineOptions): Facts {
  const first = sagaAttempt === 2 ? (db.rows[0]?.state ?? null) : null;
  const saga = db.rows[sagaAttempt - 1]?.state ?? null;
  const { worked, confirmed, cancelled, acted, compensated } = db.effects;
  return {
    prepared: db.prepared[0] !== null || first === 'PREPARED',
    committed: style === 'xa' ? worked > 0 : confirmed > 0,
    aborted: first === 'ABORTED',
    readOnly: first === 'READ_ONLY',
    lost: first === 'LOST',
    acted: acted > 0,
    compensated: compensated > 0,
    settled: saga !== null,
    fault: faultOf(db, style),
    text: `${first ?? '-'}${db.prepared[0] ? '+gid' : ''} fence ${db.fence} saga ${saga ?? '-'} ${JSON.stringify({ worked, confirmed, cancelled, acted, compensated })}`,
  };
}

/** G5, G6 within one participant: every effect once, undone once, nothing left over of what was given back. */
function faultOf(db: Db, style: Style): string | null {
  const { worked, confirmed, cancelled, acted, compensated } = db.effects;
  const first = db.rows[0]?.state;
  if (Math.max(worked, confirmed, cancelled, acted, compensated) > 1) return 'G5 an effect was applied twice';
  if (compensated > acted) return 'G6 compensated what never ran';
  if (db.prepared[1] !== null) return 'attempt 2 was prepared';
  if (style === 'xa') return first === 'COMMITTED' && worked === 0 ? 'G5 COMMITTED without its effect' : null;
  if (confirmed + cancelled > worked) return 'G5 a reservation was ended that never was';
  if (first === 'COMMITTED' && confirmed === 0) return 'G5 COMMITTED without its effect';
  if (first === 'ABORTED' && worked !== cancelled) return 'G5 aborted, but the reservation stands';
  return null;
}
