/**
 * One branch, several processes at once: every order of the single statements of copies of PREPARE, COMMIT, ABORT and ACTION, of
 * an outside finisher in the same database, and of crashes between any two statements (model/xa_model.py on the real executors).
 * Any free worker picks any work up that the decision allows, `deliveries` times in all: duplicates and zombies need no extra step.
 *
 * The decision is a write-once cell: U nothing asked yet is left out (no PREPARE, nothing to find) · N undecided · C · A · S
 * (ABORT of attempt 1 and attempt 2 as a saga, in one write).
 */
import type { ReplyMessage } from '#wire';
import { apply, crash, emptyDb } from './database.js';
import type { Answer, Db, Handler } from './database.js';
import { defectIn } from './defects.js';
import type { Defect } from './defects.js';
import type { Emit, System } from './explore.js';
import { commandOf } from './threads.js';
import type { Style, Task, Threads } from './threads.js';

export interface CrowdOptions {
  readonly style: Style;
  readonly processes: number;
  /** Outside finishers (a watchdog over the participant's database). */
  readonly finishers: number;
  readonly fallback: boolean;
  /** Pieces of work in all. */
  readonly deliveries: number;
  readonly answers: Partial<Record<Handler, readonly Answer[]>>;
  readonly expires: boolean;
  readonly crashes: boolean;
  readonly defect: Defect | null;
}

type Cell = 'N' | 'C' | 'A' | 'S';

/** `at`: by worker, the node its work stands at; −1 idle. What was heard never goes away. */
interface State {
  readonly cell: Cell;
  readonly db: number;
  readonly at: readonly number[];
  readonly left: number;
  readonly yes: boolean;
  readonly ackedAbort: boolean;
  readonly ackedCommit: boolean;
  readonly ackedLost: boolean;
}

interface Work {
  readonly name: string;
  readonly task: Task;
  readonly when: readonly Cell[];
}

const PREPARE_WHEN: readonly Cell[] = ['N', 'C', 'A', 'S'];

export class Crowd implements System {
  readonly initial: string;
  private readonly dbs: Db[] = [];
  private readonly dbIds = new Map<string, number>();
  private readonly works: readonly Work[];
  /** Decision and database from which one process alone ends the branch. */
  readonly healthy = new Set<string>();

  constructor(
    private readonly threads: Threads,
    private readonly options: CrowdOptions,
  ) {
    this.works = worksOf(options);
    const idle = Array.from({ length: this.workers }, () => -1);
    const said = { yes: false, ackedAbort: false, ackedCommit: false, ackedLost: false };
    this.initial = JSON.stringify({
      cell: 'N',
      db: this.intern(emptyDb(this.workers)),
      at: idle,
      left: options.deliveries,
      ...said,
    });
  }

  private get workers(): number {
    return this.options.processes + this.options.finishers;
  }

  private intern(db: Db): number {
    const name = JSON.stringify(db);
    const known = this.dbIds.get(name);
    if (known !== undefined) return known;
    this.dbIds.set(name, this.dbs.length);
    this.dbs.push(db);
    return this.dbs.length - 1;
  }

  async successors(text: string, emit: Emit): Promise<void> {
    const state = JSON.parse(text) as State;
    this.decide(state, emit);
    for (let worker = 0; worker < this.workers; worker += 1) {
      if (state.at[worker] === -1) await this.pickUp(state, worker, emit);
      else await this.advance(state, worker, emit);
    }
  }

  private decide(state: State, emit: Emit): void {
    if (state.cell !== 'N') return;
    const cells: Cell[] = [
      ...(state.yes ? (['C'] as const) : []),
      'A',
      ...(this.options.fallback ? (['S'] as const) : []),
    ];
    for (const cell of cells) emit(this.text({ ...state, cell }), Number(cell.charCodeAt(0)), null);
  }

  private async pickUp(state: State, worker: number, emit: Emit): Promise<void> {
    const outside = worker >= this.options.processes;
    if (state.left === 0) return;
    for (const [index, { task, when }] of this.works.entries()) {
      if (task.outside !== outside || !when.includes(state.cell)) continue;
      const root = await this.threads.root(task);
      emit(
        this.text({ ...moved(state, worker, root), left: state.left - 1 }),
        1000 + worker * 100 + index,
        null,
      );
    }
  }

  private async advance(state: State, worker: number, emit: Emit): Promise<void> {
    const node = state.at[worker]!;
    const { verb, ...end } = this.threads.nodes[node]!;
    if (!verb) {
      const { reply } = end as { reply: ReplyMessage | null };
      return this.say(state, worker, reply, emit);
    }
    const db = this.dbs[state.db]!;
    if (this.options.crashes) {
      const left = { ...moved(state, worker, -1), db: this.intern(crash(db, worker)) };
      emit(this.text(left), 3000 + worker, null);
    }
    const defect = defectIn(this.options.defect, this.threads.task(node).command.type);
    for (const [way, outcome] of apply(db, worker, verb, this.options.answers, defect).entries()) {
      const after = await this.threads.after(node, outcome.result);
      const next = { ...moved(state, worker, after), db: this.intern(outcome.db) };
      emit(this.text(next), 2000 + worker * 100 + way, null);
    }
  }

  /** The reply leaves; the process is free again. */
  private say(state: State, worker: number, reply: ReplyMessage | null, emit: Emit): void {
    const idle = moved(state, worker, -1);
    const step = 4000 + worker;
    const db = this.dbs[state.db]!;
    if (reply?.type === 'VOTE') {
      const yes = state.yes || reply.vote !== 'NO';
      return emit(this.text({ ...idle, yes }), step, null);
    }
    if (reply?.type !== 'ACK') return emit(this.text(idle), step, null);
    const fault = liar(db, reply.state, this.options.style);
    if (reply.state === 'ABORTED') return emit(this.text({ ...idle, ackedAbort: true }), step, fault);
    if (reply.state === 'LOST') return emit(this.text({ ...idle, ackedLost: true }), step, fault);
    return emit(this.text({ ...idle, ackedCommit: state.ackedCommit || state.cell === 'C' }), step, fault);
  }

  fault(text: string): string | null {
    const state = JSON.parse(text) as State;
    return faultOf(state, this.dbs[state.db]!, this.options.style);
  }

  /**
   * Liveness: whatever was under way when every process died, one that nobody disturbs ends the branch as decided. Null, or the
   * first state from which it does not.
   */
  async stuck(states: readonly string[]): Promise<string | null> {
    for (const text of states) {
      const { cell, db } = JSON.parse(text) as State;
      const dead = { ...this.dbs[db]!, sessions: this.dbs[db]!.sessions.map(() => null) };
      const name = `${cell}${this.intern(dead)}`;
      if (cell === 'N' || this.healthy.has(name)) continue;
      this.healthy.add(name);
      const fault = await this.heal(cell, dead);
      if (fault) return `${fault}: ${this.describe(text)}`;
    }
    return null;
  }

  private async heal(cell: Cell, db: Db): Promise<string | null> {
    const { style } = this.options;
    const action = cell === 'S' ? await this.alone(db, commandOf(style, 'ACTION', 2)) : { db, reply: null };
    const decision = await this.alone(action.db, commandOf(style, cell === 'C' ? 'COMMIT' : 'ABORT', 1));
    const ended = decision.reply?.type === 'ACK' && decision.reply.state !== 'LOST';
    if (!ended || isPrepared(decision.db)) return 'a decision alone does not end the branch';
    return cell === 'S' && action.reply?.type !== 'RESULT' ? 'an action alone has no result' : null;
  }

  /** One piece of work from begin to end, its handlers doing their work. */
  private async alone(from: Db, command: Task['command']): Promise<{ db: Db; reply: ReplyMessage | null }> {
    const task = { style: this.options.style, command, outside: false };
    let db = from;
    let at = await this.threads.root(task);
    for (let node = this.threads.nodes[at]!; ; node = this.threads.nodes[at]!) {
      if (!node.verb) return { db, reply: 'reply' in node ? node.reply : null };
      const [outcome] = apply(db, 0, node.verb);
      db = outcome!.db;
      at = await this.threads.after(at, outcome!.result);
    }
  }

  /** Workers of one kind are interchangeable: their places are sorted, their open transactions with them. */
  private text(state: State): string {
    const { processes } = this.options;
    const order = state.at.map((at, worker) => ({
      at,
      worker,
      tx: JSON.stringify(this.dbs[state.db]!.sessions[worker]),
    }));
    const sorted = [...order.slice(0, processes).sort(before), ...order.slice(processes).sort(before)];
    if (sorted.every(({ worker }, index) => worker === index)) return JSON.stringify(state);
    const db = this.dbs[state.db]!;
    const sessions = sorted.map(({ worker }) => db.sessions[worker]!);
    return JSON.stringify({ ...state, at: sorted.map(({ at }) => at), db: this.intern({ ...db, sessions }) });
  }

  label(text: string, step: number): string {
    const state = JSON.parse(text) as State;
    if (step < 1000) return `decision ${String.fromCharCode(step)}`;
    const worker = step < 3000 ? Math.floor((step % 1000) / 100) : step % 1000;
    const who = worker < this.options.processes ? 'process' : 'finisher';
    if (step < 2000) return `${who} takes ${this.works[step % 100]!.name}`;
    const node = this.threads.nodes[state.at[worker]!]!;
    if (step >= 4000)
      return `${who} answers ${'reply' in node && node.reply ? sayingOf(node.reply) : 'nothing'}`;
    const { command } = this.threads.task(state.at[worker]!);
    const about = `${who} in ${command.type}`;
    return step >= 3000 ? `${about} crashes` : `${about}: ${node.verb ? verbText(node.verb) : '?'}`;
  }

  describe(text: string): string {
    const state = JSON.parse(text) as State;
    const { rows, fence, effects, prepared } = this.dbs[state.db]!;
    const shown = rows.map((row) => row?.state ?? '-').join('/');
    return `cell ${state.cell} · rows ${shown} fence ${fence}${prepared[0] ? ' gid' : ''} · ${JSON.stringify(effects)}`;
  }
}

function before(a: { at: number; tx: string }, b: { at: number; tx: string }): number {
  return a.at - b.at || (a.tx < b.tx ? -1 : a.tx > b.tx ? 1 : 0);
}

function worksOf({ style, expires, fallback, finishers }: CrowdOptions): readonly Work[] {
  const inside = (name: string, command: Task['command'], when: readonly Cell[]): Work => ({
    name,
    task: { style, command, outside: false },
    when,
  });
  const outside = (name: string, command: Task['command'], when: readonly Cell[]): Work => ({
    name,
    task: { style, command, outside: true },
    when,
  });
  const [commit, abort] = [commandOf(style, 'COMMIT', 1), commandOf(style, 'ABORT', 1)];
  return [
    inside('PREPARE', commandOf(style, 'PREPARE', 1), PREPARE_WHEN),
    ...(expires
      ? [inside('PREPARE too late', commandOf(style, 'PREPARE', 1, { expired: true }), PREPARE_WHEN)]
      : []),
    inside('COMMIT', commit, ['C']),
    inside('ABORT', abort, ['A', 'S']),
    ...(fallback ? [inside('ACTION', commandOf(style, 'ACTION', 2), ['S'])] : []),
    ...(finishers > 0 ? [outside('COMMIT', commit, ['C']), outside('ABORT', abort, ['A', 'S'])] : []),
  ];
}

function moved(state: State, worker: number, to: number): State {
  return { ...state, at: state.at.map((at, index) => (index === worker ? to : at)) };
}

function isPrepared(db: Db): boolean {
  return db.prepared[0] !== null || db.rows[0]?.state === 'PREPARED';
}

/** Effects of attempt 1 that everybody sees: xa by its work, tcc by its confirmation. */
function first(db: Db, style: Style): number {
  return style === 'xa' ? db.effects.worked : db.effects.confirmed;
}

/** What an acknowledgement says must be so when it leaves. */
function liar(db: Db, state: string, style: Style): string | null {
  if (state === 'ABORTED' && isPrepared(db)) return 'ACK(ABORTED) while the branch is prepared';
  if (state === 'ABORTED' && first(db, style) > 0) return 'ACK(ABORTED) for a committed branch';
  if (state === 'COMMITTED' && first(db, style) === 0) return 'ACK(COMMITTED) without the effect';
  return state === 'LOST' ? 'ACK(LOST) although nothing was lost' : null;
}

/** The same invariants as model/xa_model.py, of one branch relative to the cell. */
function faultOf(state: State, db: Db, style: Style): string | null {
  const { effects } = db;
  const committed = first(db, style);
  if (committed + effects.acted > 1 || effects.worked > 1) return 'G5 an effect was applied twice';
  if (effects.confirmed + effects.cancelled > 1) return 'G5 a reservation was ended twice';
  if (committed > 0 && state.cell !== 'C') return `G1 the branch committed, the decision is ${state.cell}`;
  if (effects.acted > 0 && state.cell !== 'S') return 'R1 an action without attempt 2';
  if (state.ackedAbort && isPrepared(db)) return 'acknowledged ABORTED, but prepared (again)';
  if (state.ackedAbort && state.ackedCommit) return 'acknowledged both ABORTED and COMMITTED';
  if (db.rows[1] !== null && isPrepared(db)) return 'R3 attempt 1 is prepared beside the row of attempt 2';
  const holds =
    db.prepared[0] !== null || ['PREPARED', 'COMMITTED', 'READ_ONLY'].includes(db.rows[0]?.state ?? '');
  return state.cell === 'C' && !holds ? 'G1 the decision is COMMIT, the branch holds nothing' : null;
}

function sayingOf(reply: ReplyMessage): string {
  if (reply.type === 'VOTE') return reply.noCode ? `NO(${reply.noCode})` : reply.vote;
  return 'state' in reply ? `${reply.type} ${reply.state ?? 'RETRY'}` : reply.type;
}

function verbText(verb: { readonly do: string }): string {
  const { row, what } = verb as { row?: { state: string }; what?: string };
  return `${verb.do}${row ? ` ${row.state}` : ''}${what ? ` ${what}` : ''}`;
}
