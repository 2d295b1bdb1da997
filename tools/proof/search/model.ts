/**
 * The whole protocol as one transition system: a ledger, one or two drivers with memory of their own, two or three participants,
 * and every message ever sent. Coordinator and participants are the real functions as tables (`coordinator.ts`, `participant.ts`).
 *
 * A state is a string of 16-bit numbers: image of the ledger · what each driver holds · state of each participant · two numbers
 * a participant for its messages · how often something was lost.
 */
import { inquiryAnswer } from '#protocol';
import { Coordinator } from './coordinator.js';
import { beginInput } from './model-types.js';
import type { Emit, System } from './explore.js';
import { heal } from './heal.js';
import { checkOf } from './invariants.js';
import { IDS } from './ids.js';
import { Kind, Narrator, pack } from './narrator.js';
import type { ModelOptions, Tables, View } from './model-types.js';
import { Messages } from './messages.js';
import { Relevance } from './relevance.js';
import { Machine, ASKS } from './participant.js';
import type { ReplyMessage } from '#wire';
import type { Threads } from './threads.js';

const ABORT = Messages.bitOfAsk('ABORT');
const COMMIT = Messages.bitOfAsk('COMMIT');
const PREPARE = Messages.bitOfAsk('PREPARE');

export class Model implements System, Tables {
  readonly initial: string;
  private readonly size: number;
  private readonly replyEvents: number[][];
  private readonly timers: readonly number[];
  private readonly messages = new Messages();
  private readonly relevance: Relevance | null;
  private readonly narrator: Narrator;
  private readonly check: (view: View) => string | null;
  /** Durable states from which everything ends, whatever was lost. */
  readonly healthy = new Set<string>();
  /** By participant, state, ask: what may follow, ready to be applied. */
  private readonly deliveries: { to: number; bit: number }[][][][];

  private constructor(
    readonly options: ModelOptions,
    readonly coordinator: Coordinator,
    readonly machines: readonly Machine[],
  ) {
    this.size = machines.length;
    this.deliveries = machines.map((machine) =>
      machine.steps.map((asks) =>
        asks.map((steps) => steps.map(({ to, reply }) => ({ to, bit: this.messages.bitOfReply(reply) }))),
      ),
    );
    this.replyEvents = machines.map((_, participant) =>
      this.messages.replies.map(({ event, text }) =>
        coordinator.event(participant, event, `${text} of ${IDS[participant]}`),
      ),
    );
    this.timers = this.timerEvents();
    this.narrator = new Narrator(coordinator, machines, this.messages);
    this.relevance = !options.forgets ? null : new Relevance(coordinator, this.replyEvents);
    this.check = checkOf(coordinator.branches, options.plan.mode);
    this.initial = this.first();
  }

  static async build(threads: Threads, options: ModelOptions): Promise<Model> {
    const { plan, machines, defect } = options;
    const sagaAttempt = plan.mode === 'saga' ? 1 : 2;
    const built = new Map<string, Machine>();
    const tables: Machine[] = [];
    for (const [index, one] of machines.entries()) {
      const full = { ...one, kind: plan.kinds[index]!, sagaAttempt, defect: defect.participant } as const;
      const name = JSON.stringify(full);
      const machine = built.get(name) ?? (await Machine.build(threads, full));
      built.set(name, machine);
      tables.push(machine);
    }
    return new Model(options, new Coordinator(beginInput(options), defect.driver), tables);
  }

  private timerEvents(): readonly number[] {
    const { coordinator } = this;
    const { flush, operator } = this.options;
    const deadlines = [1, 2].map((attempt) =>
      coordinator.event(-1, { type: 'deadline', attempt }, `deadline of attempt ${attempt}`),
    );
    const flushes = flush ? [coordinator.event(-1, { type: 'flush' }, 'flush')] : [];
    const by = { by: 'operator', reason: '' };
    const orders = operator
      ? [
          coordinator.event(-1, { type: 'force-abort', ...by }, 'force-abort'),
          coordinator.event(-1, { type: 'force-commit', ...by }, 'force-commit'),
        ]
      : [];
    return [...deadlines, ...flushes, ...orders];
  }

  private first(): string {
    const { unknown, ghosts } = this.options;
    const cells = new Array<number>(this.width).fill(0);
    if (!unknown) cells[0] = this.coordinator.begun;
    if (ghosts) for (let p = 0; p < this.size; p += 1) cells[this.messageAt(p)] = PREPARE;
    return encode(cells);
  }

  /** The event that a reply of participant `p` is; null for none. */
  replyEvent(p: number, reply: ReplyMessage | null): number | null {
    return reply ? this.replyEvents[p]![this.messages.indexOf(reply)]! : null;
  }

  get deadlines(): readonly number[] {
    return this.timers.slice(0, 2);
  }

  /** Null, or why a reduction of the search was not right: then its result is worth nothing. */
  unsound(): string | null {
    return this.relevance?.unsound() ?? null;
  }

  private get width(): number {
    return 4 + this.size * 3;
  }

  private messageAt(participant: number): number {
    return 3 + this.size + participant * 2;
  }

  private bits(cells: readonly number[], participant: number): number {
    const at = this.messageAt(participant);
    return cells[at]! | (cells[at + 1]! << 16);
  }

  view(state: string): View {
    const cells = decode(state);
    return {
      ledger: cells[0]!,
      image: this.coordinator.facts[cells[0]!]!,
      participants: this.machines.map((machine, p) => machine.facts[cells[3 + p]!]!),
      messages: this.machines.map((_, p) => this.bits(cells, p)),
      losses: cells[this.width - 1]!,
    };
  }

  /** What stays when all messages are lost and every driver is dead: ledger and participants. */
  durable(state: string): string {
    return state[0]! + state.slice(3, 3 + this.size) + state.slice(-1);
  }

  fault(state: string): string | null {
    return this.check(this.view(state)) ?? this.healed(state);
  }

  /** Liveness depends on what is durable only: each such state is healed once. */
  private healed(state: string): string | null {
    const durable = this.durable(state);
    if (this.healthy.has(durable)) return null;
    this.healthy.add(durable);
    const stuck = heal(this, durable);
    return stuck && `G4 after every message and driver was lost: ${stuck}`;
  }

  successors(state: string, emit: Emit): void {
    const cells = decode(state);
    if (cells[0] === 0 && this.options.unknown) this.begin(cells, emit);
    for (let driver = 0; driver < this.options.drivers; driver += 1) this.drive(cells, driver, emit);
    for (let p = 0; p < this.size; p += 1) this.participate(cells, p, emit);
  }

  private begin(cells: readonly number[], emit: Emit): void {
    const next = [...cells];
    next[0] = this.coordinator.begun;
    next[1] = this.coordinator.load(next[0]);
    this.send(next, this.coordinator.launch(next[1]));
    emit(this.canonical(next), pack(Kind.Begin, 0), null);
  }

  private drive(cells: readonly number[], driver: number, emit: Emit): void {
    const held = cells[1 + driver]!;
    const ledger = cells[0]!;
    if (held !== 0) this.crash(cells, driver, emit);
    else if (ledger === 0 || (driver === 1 && cells[1] === 0)) return;
    else if (!this.coordinator.facts[ledger]!.terminal) return this.load(cells, driver, emit);
    for (const event of this.timers) this.tell(cells, driver, event, emit);
    for (let p = 0; p < this.size; p += 1) {
      const heard = this.bits(cells, p) >>> ASKS.length;
      for (let reply = 0; heard >> reply !== 0; reply += 1)
        if ((heard >> reply) & 1) this.tell(cells, driver, this.replyEvents[p]![reply]!, emit);
    }
  }

  private crash(cells: readonly number[], driver: number, emit: Emit): void {
    const next = [...cells];
    next[1 + driver] = 0;
    emit(this.canonical(next), pack(Kind.Crash, driver), null);
  }

  private load(cells: readonly number[], driver: number, emit: Emit): void {
    const next = [...cells];
    next[1 + driver] = this.coordinator.load(cells[0]!);
    this.send(next, this.coordinator.launch(next[1 + driver]!));
    emit(this.canonical(next), pack(Kind.Load, driver), null);
  }

  /** One event at one driver; of an ended transaction it holds nothing, reads it, and lets it go again. */
  private tell(cells: readonly number[], driver: number, event: number, emit: Emit): void {
    const { coordinator } = this;
    const kept = cells[1 + driver]!;
    const held = kept || coordinator.load(cells[0]!);
    const move = coordinator.move(held, event);
    if (move.kind === 'none') return;
    const step = pack(Kind.Event, driver, event);
    const next = [...cells];
    if (move.kind === 'broken') return emit(this.canonical(next), step, move.fault);
    if (move.kind === 'refused') return this.refused(cells, held, event, step, emit);
    if (move.kind === 'volatile') {
      if (kept) next[1 + driver] = move.drive;
      this.send(next, move.sends);
      return emit(this.canonical(next), step, null);
    }
    this.write(next, driver, held, event, emit);
  }

  /** Refused means a dead letter: right for an operator who comes too late, and for a driver that knows less than the sender. */
  private refused(cells: readonly number[], held: number, event: number, step: number, emit: Emit): void {
    const { event: told, text } = this.coordinator.events[event]!;
    if (this.coordinator.imageOf[held] !== cells[0]) return;
    if (told.type !== 'force-abort' && told.type !== 'force-commit')
      emit(this.canonical([...cells]), step, `a true message was refused: ${text}`);
  }

  /** Applied when the ledger still holds the version the driver read; else the driver reads it again (L8). */
  private write(next: number[], driver: number, held: number, event: number, emit: Emit): void {
    const { coordinator } = this;
    const { driver: defect } = this.options.defect;
    const move = coordinator.move(held, event);
    const step = pack(Kind.Event, driver, event);
    const before = next[0]!;
    const stale = coordinator.imageOf[held] !== before;
    if (stale && defect !== 'no-version-precondition') {
      if (defect === 'send-before-persisting') this.send(next, move.sends);
      next[1 + driver] = coordinator.facts[before]!.terminal ? 0 : coordinator.reload(held, before);
      return emit(this.canonical(next), step, null);
    }
    next[0] = move.next;
    this.relevance?.moved(before, move.next);
    next[1 + driver] = move.ended ? 0 : move.drive;
    if (!this.options.zombies) next[2 - driver] = 0;
    this.send(next, move.sends);
    const [was, is] = [coordinator.facts[before]!, coordinator.facts[move.next]!];
    const changed = was.cells.findIndex((cell, at) => cell !== null && cell !== is.cells[at]);
    const overwritten = changed < 0 ? null : `G2 the cell of attempt ${changed + 1} changed`;
    emit(this.canonical(next), step, move.fault ?? overwritten);
  }

  private participate(cells: readonly number[], p: number, emit: Emit): void {
    const state = cells[3 + p]!;
    const bits = this.bits(cells, p);
    for (let ask = 0; ask < ASKS.length; ask += 1) {
      if (!((bits >> ask) & 1)) continue;
      const ways = this.deliveries[p]![state]![ask]!;
      for (let way = 0; way < ways.length; way += 1) {
        const next = [...cells];
        next[3 + p] = ways[way]!.to;
        this.add(next, p, ways[way]!.bit);
        emit(this.canonical(next), pack(Kind.Deliver, p, ask * 64 + way), null);
      }
    }
    if (this.machines[p]!.facts[state]!.prepared) this.inquire(cells, p, emit);
    this.lose(cells, p, emit);
  }

  /** In doubt, a participant asks; absence is never an answer (§7): a tombstone is planted first. */
  private inquire(cells: readonly number[], p: number, emit: Emit): void {
    const next = [...cells];
    const volatile = this.options.defect.driver === 'absence-answers-abort';
    if (next[0] === 0 && !volatile) next[0] = this.coordinator.buried;
    const answer = inquiryAnswer(this.coordinator.images[next[0]!]!, 1, { unreconciled: false });
    const silent = answer === 'PENDING' || answer === 'UNKNOWN';
    if (silent && !volatile) return;
    this.add(next, p, answer === 'COMMIT' ? COMMIT : ABORT);
    emit(this.canonical(next), pack(Kind.Inquire, p), null);
  }

  private lose(cells: readonly number[], p: number, emit: Emit): void {
    const to = this.machines[p]!.losses[cells[3 + p]!]!;
    if (to < 0 || cells[this.width - 1] !== 0) return;
    const next = [...cells];
    next[3 + p] = to;
    next[this.width - 1] = 1;
    emit(this.canonical(next), pack(Kind.Lose, p), null);
  }

  /** Drivers are interchangeable. */
  private canonical(cells: number[]): string {
    if (cells[2]! > cells[1]!) [cells[1], cells[2]] = [cells[2]!, cells[1]!];
    if (this.relevance && cells[0] !== 0) {
      for (let p = 0; p < this.size; p += 1) {
        const bits = this.relevant(cells, p, this.bits(cells, p));
        cells[this.messageAt(p)] = bits & 0xffff;
        cells[this.messageAt(p) + 1] = bits >>> 16;
      }
    }
    return encode(cells);
  }

  /** What matters to the ledger's image, or to an older one that a driver still holds. */
  private relevant(cells: readonly number[], p: number, bits: number): number {
    let left = this.relevance!.keep(cells[0]!, p, bits);
    for (let driver = 1; driver <= 2; driver += 1) {
      const image = this.coordinator.imageOf[cells[driver]!]!;
      if (image !== 0 && image !== cells[0]) left |= this.relevance!.keep(image, p, bits);
    }
    if (left !== bits) this.relevance!.forget(cells[0]!, p, bits & ~left);
    return left;
  }

  private send(cells: number[], sends: readonly number[]): void {
    for (let p = 0; p < sends.length; p += 1) this.add(cells, p, sends[p]!);
  }

  private add(cells: number[], p: number, bits: number): void {
    const at = this.messageAt(p);
    cells[at]! |= bits & 0xffff;
    cells[at + 1]! |= bits >>> 16;
  }

  label(state: string, step: number): string {
    return this.narrator.label(decode(state), step);
  }

  describe(state: string): string {
    return this.narrator.describe(this.view(state));
  }
}

function encode(cells: readonly number[]): string {
  return String.fromCharCode(...cells);
}

function decode(state: string): number[] {
  const cells = new Array<number>(state.length);
  for (let at = 0; at < state.length; at += 1) cells[at] = state.charCodeAt(at);
  return cells;
}
