import {
  abortRule,
  actionRule,
  begin,
  beginFacts,
  commitRule,
  compensateRule,
  driveOf,
  outstanding,
  prepareRule,
  step,
} from '#protocol';
import type { Command, Fact, Phase, ProtocolEvent, SeenRow, Vote } from '#protocol';
import type { DurableEvent, TransactionHistory } from './history.js';

/**
 * Valid histories for checks of the checker: the real transition functions and the real branch rules under a random network that loses, repeats and
 * reorders, with drivers that die. Everything durable is written down in the order in which it happened.
 */
export function walk(seed: number): TransactionHistory {
  return new Walk(dice(seed)).run();
}

/** mulberry32 */
function dice(seed: number): () => number {
  let at = seed >>> 0;
  return () => {
    at = (at + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(at ^ (at >>> 15), at | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export const GTX = '01920000-0000-7000-8000-000000000001';
const MOST_MOVES = 400;
const NO_CODES = ['REFUSED', 'LOCK_TIMEOUT', 'SLOTS'] as const;

class Walk {
  private readonly events: DurableEvent[] = [];
  private readonly rows = new Map<string, SeenRow>();
  private readonly fences = new Map<string, number>();
  /** Whatever was ever sent may come again. */
  private readonly commands: Command[] = [];
  private readonly replies: ProtocolEvent[] = [];
  private readonly badTemper: number;
  private drive;

  constructor(private readonly random: () => number) {
    // Most runs are friendly, so that most of them commit.
    this.badTemper = random() < 0.5 ? 0.03 : 0.3;
    const tx = begin(this.request());
    this.drive = driveOf(tx);
    this.note(beginFacts(tx));
  }

  private request(): Parameters<typeof begin>[0] {
    const mode = this.chance(0.3) ? 'saga' : '2pc';
    const fallback = mode === '2pc' && this.chance(0.5) ? 'saga' : 'none';
    const count = 1 + Math.floor(this.random() * 4);
    const pivot = mode === 'saga' && this.chance(0.5) ? Math.floor(this.random() * count) : count;
    const branches = Array.from({ length: count }, (_, index) => ({
      id: `b${index}`,
      participant: `p${index}`,
      operation: 'op',
      payload: null,
      kind:
        index < pivot
          ? ('compensatable' as const)
          : index === pivot
            ? ('pivot' as const)
            : ('retriable' as const),
    }));
    return { gtx: GTX, mode, fallback, timeoutMs: 1, ledgerEpoch: 1, branches };
  }

  private chance(probability: number): boolean {
    return this.random() < probability;
  }

  private pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.random() * items.length)];
  }

  run(): TransactionHistory {
    const most = this.chance(0.2) ? Math.floor(this.random() * 30) : MOST_MOVES;
    for (let move = 0; move < most && !this.isOver(); move += 1) this.move();
    const { branches } = this.drive.tx;
    return { gtx: GTX, plan: branches, lanes: [this.events], history: 'whole', fences: this.fences };
  }

  private isOver(): boolean {
    const last = this.events.at(-1);
    return last?.from === 'coordinator' && last.fact.kind === 'ENDED';
  }

  private move(): void {
    if (this.chance(this.badTemper / 10))
      return this.apply({ type: 'deadline', attempt: this.drive.tx.attempt });
    if (this.chance(this.badTemper / 10)) return this.takeOver();
    if (this.chance(0.5)) return this.hear();
    this.commands.push(...outstanding(this.drive));
    const stale = this.chance(this.badTemper);
    const command = this.pick(stale ? this.commands : outstanding(this.drive));
    if (command) this.obey(command);
  }

  /** A driver died with what it held in memory. */
  private takeOver(): void {
    this.drive = driveOf(this.drive.tx);
    this.note([{ kind: 'TAKEN_OVER', attempt: this.drive.tx.attempt, branch: null, detail: null }]);
  }

  private hear(): void {
    const reply = this.pick(this.replies);
    if (!reply) return;
    if (!this.chance(this.badTemper)) this.replies.splice(this.replies.indexOf(reply), 1);
    this.apply(reply);
  }

  private apply(event: ProtocolEvent): void {
    const transition = step(this.drive, event);
    if (transition.kind === 'none' || transition.kind === 'refused') return;
    this.drive = transition.drive;
    if (transition.kind === 'durable') this.note(transition.change.facts);
  }

  private note(facts: readonly (Omit<Fact, 'kind'> & { kind: string })[]): void {
    this.events.push(...facts.map((fact): DurableEvent => ({ from: 'coordinator', fact })));
  }

  private row(command: Command, attempt = command.attempt): SeenRow | null {
    return this.rows.get(`${attempt} ${command.branch}`) ?? null;
  }

  private write(command: Command, state: SeenRow['state'], attempt = command.attempt): void {
    this.rows.set(`${attempt} ${command.branch}`, { style: 'tcc', state, output: null, error: null });
    this.fences.set(command.branch, Math.max(this.fences.get(command.branch) ?? 0, attempt));
    const { participant, branch } = command;
    this.events.push({ from: 'branch', participant, attempt, branch, state });
  }

  private obey(command: Command): void {
    if (this.chance(this.badTemper)) return;
    switch (command.type) {
      case 'PREPARE':
        return this.prepare(command);
      case 'COMMIT':
      case 'ABORT':
        return this.decide(command, command.type);
      case 'ACTION':
        return this.act(command);
      case 'COMPENSATE':
        return this.compensate(command, command.settle);
      case 'FORGET':
        return;
    }
  }

  private prepare(command: Command): void {
    const maxAttempt = this.fences.get(command.branch) ?? 0;
    const row = this.row(command);
    const rule = prepareRule({ attempt: command.attempt, maxAttempt, row, gid: false }, false);
    if (rule.do === 'vote') return this.vote(command, rule.vote);
    if (rule.do === 'no') return this.vote(command, 'NO', 'FENCED');
    if (rule.do !== 'work') return;
    if (!this.chance(this.badTemper / 2)) return this.yes(command);
    const code = this.pick(NO_CODES)!;
    if (code === 'REFUSED') this.write(command, 'ABORTED');
    this.vote(command, 'NO', code);
  }

  private yes(command: Command): void {
    const readOnly = this.chance(0.15);
    this.write(command, readOnly ? 'READ_ONLY' : 'PREPARED');
    this.vote(command, readOnly ? 'READ_ONLY' : 'YES');
  }

  private vote(command: Command, vote: Vote, code: 'FENCED' | (typeof NO_CODES)[number] | null = null): void {
    const fault = code && { code, message: '' };
    this.replies.push({ type: 'vote', ...from(command), vote, code, fault, output: null });
  }

  private decide(command: Command, type: 'COMMIT' | 'ABORT'): void {
    const rule = type === 'COMMIT' ? commitRule(this.row(command)) : abortRule(this.row(command));
    const finished = type === 'COMMIT' ? 'COMMITTED' : 'ABORTED';
    if (rule.do === 'finish') this.write(command, finished);
    if (rule.do === 'plant') this.write(command, rule.state);
    const state =
      rule.do === 'finish' ? finished : rule.do === 'plant' || rule.do === 'ack' ? rule.state : null;
    if (state) this.replies.push({ type: 'ack', ...from(command), state, output: null });
  }

  private act(command: Command & { readonly type: 'ACTION' }): void {
    const rule = actionRule(this.row(command));
    if (rule.do === 'report') return this.result(command, 'ACTION', rule.stored);
    if (this.chance(this.badTemper)) return this.retry(command, 'ACTION');
    const refuses = command.kind !== 'retriable' && this.chance(this.badTemper);
    if (this.row(command, 1)?.state === 'PREPARED') this.write(command, 'ABORTED', 1);
    const state = refuses ? 'FAILED' : 'DONE';
    this.write(command, state);
    this.result(command, 'ACTION', { result: state, state });
  }

  private compensate(command: Command, settle: boolean): void {
    const rule = compensateRule(this.row(command), settle);
    if (rule.do === 'report') return this.result(command, 'COMPENSATE', rule.stored);
    if (this.chance(this.badTemper)) return this.retry(command, 'COMPENSATE');
    const state = rule.do === 'plant' ? 'NULL_COMPENSATED' : 'COMPENSATED';
    this.write(command, state);
    this.result(command, 'COMPENSATE', { result: 'DONE', state });
  }

  private result(command: Command, phase: Phase, said: Said): void {
    const fault = said.result === 'FAILED' ? { code: 'REFUSED', message: '' } : null;
    const { result, state } = said;
    this.replies.push({ type: 'result', ...from(command), phase, result, state, fault, output: null });
  }

  private retry(command: Command, phase: Phase): void {
    this.result(command, phase, { result: 'RETRY', state: null });
  }
}

interface Said {
  readonly result: 'DONE' | 'FAILED' | 'RETRY';
  readonly state: 'DONE' | 'FAILED' | 'COMPENSATED' | 'NULL_COMPENSATED' | null;
}

const from = ({ attempt, branch, participant }: Pick<Command, 'attempt' | 'branch' | 'participant'>) => ({
  attempt,
  branch,
  participant,
});

/** The same history as rows tell it: the timeline, and each branch's latest state. */
export function latestOf(history: TransactionHistory): TransactionHistory {
  const events = history.lanes.flat();
  const rows = new Map<string, DurableEvent>();
  for (const event of events)
    if (event.from === 'branch') rows.set(`${event.attempt} ${event.branch}`, event);
  const lanes = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, event]) => [event]);
  return {
    ...history,
    history: 'latest',
    lanes: [events.filter(({ from }) => from === 'coordinator'), ...lanes],
  };
}
