/**
 * The real executors of a participant, and the real outside finisher, as step functions: what a piece of work does next is a
 * function of what it heard so far, so it can be found by running it again on a script of those answers, once, and remembered.
 */
import type { Bus, OutgoingRecord } from '#messaging';
import { noMetrics, silentLog } from '#observability';
import type { Clock, Random } from '#observability';
import { createOutsideFinisher, createParticipant, defineOperation, ReadOnly, Refused } from '#participant';
import type { BranchContext } from '#participant';
import { decodeReplies, encodeCommand } from '#wire';
import type { CommandMessage, ReplyMessage } from '#wire';
import { z } from 'zod';
import type { Handler, Result, Verb } from './database.js';
import { Script, scriptedStore, type ScriptedClient } from './scripted-store.js';

export type Style = 'xa' | 'tcc';

/** A piece of work: a command at the participant, or a decision carried out by a watchdog in the participant's database. */
export interface Task {
  readonly style: Style;
  readonly command: CommandMessage;
  readonly outside: boolean;
}

/** Where a piece of work stands: before a statement, or at its end with what it says (null: nothing). */
export type Node =
  | { readonly verb: Verb; readonly children: Map<string, number> }
  | { readonly verb: null; readonly reply: ReplyMessage | null };

export const GTX = '0197f3c0-0000-7000-8000-000000000001';
export const PARTICIPANT = 'p';
export const BRANCH = 'b';

/** All pieces of work as one forest; a node's number stands for everything the work knows. */
export class Threads {
  readonly nodes: Node[] = [];
  private readonly paths: { readonly task: Task; readonly results: readonly Result[] }[] = [];
  private readonly roots = new Map<string, number>();

  async root(task: Task): Promise<number> {
    const name = JSON.stringify(task);
    const known = this.roots.get(name);
    if (known !== undefined) return known;
    const root = await this.grow(task, []);
    this.roots.set(name, root);
    return root;
  }

  /** The same work after its statement was answered. */
  async after(node: number, result: Result): Promise<number> {
    const { verb, ...rest } = this.nodes[node]!;
    if (!verb || !('children' in rest)) throw new Error('this work has ended');
    const name = JSON.stringify(result);
    const known = rest.children.get(name);
    if (known !== undefined) return known;
    const { task, results } = this.paths[node]!;
    const child = await this.grow(task, [...results, result]);
    rest.children.set(name, child);
    return child;
  }

  task(node: number): Task {
    return this.paths[node]!.task;
  }

  private async grow(task: Task, results: readonly Result[]): Promise<number> {
    const found = await rerun(task, results);
    this.nodes.push('verb' in found ? { verb: found.verb, children: new Map() } : { verb: null, ...found });
    this.paths.push({ task, results });
    return this.nodes.length - 1;
  }
}

async function rerun(
  task: Task,
  results: readonly Result[],
): Promise<{ verb: Verb } | { reply: ReplyMessage | null }> {
  return new Promise((resolve, reject) => {
    const script = new Script(results, (verb) => resolve({ verb }));
    const work = task.outside ? finishOutside(task, script) : runCommand(task, script);
    work.then((reply) => resolve({ reply }), reject);
  });
}

/** Through the participant's front door, without a bus: a record in, a record out. */
async function runCommand({ style, command }: Task, script: Script): Promise<ReplyMessage | null> {
  const sent: OutgoingRecord[] = [];
  const participant = createParticipant({
    name: PARTICIPANT,
    instance: 'search',
    operations: [operationOf(style)],
    store: scriptedStore(script),
    bus: collectingBus(sent),
    ...{ clock: STANDING_CLOCK, random: NO_RANDOM, log: silentLog, metrics: noMetrics },
  });
  const record = { topic: 'commands', partition: 0, offset: '0', ...encodeCommand(command, {}) };
  const held = await Promise.allSettled([participant.accept([record]).all()]);
  // The reply leaves a few microtasks after the database holds what it says.
  await new Promise((resolve) => setImmediate(resolve));
  return held[0].status === 'rejected' ? null : replyOf(sent);
}

function replyOf(sent: readonly OutgoingRecord[]): ReplyMessage | null {
  const [record] = sent;
  if (!record) return null;
  const [decoded, ...more] = decodeReplies(record);
  if (!decoded?.ok || sent.length > 1 || more.length > 0) throw new Error('not one good reply');
  return decoded.message;
}

async function finishOutside({ command }: Task, script: Script): Promise<ReplyMessage | null> {
  if (command.type !== 'COMMIT' && command.type !== 'ABORT') throw new Error('only decisions are finished');
  const ports = { clock: STANDING_CLOCK, log: silentLog, metrics: noMetrics };
  const finisher = createOutsideFinisher({
    participant: PARTICIPANT,
    store: scriptedStore(script),
    ...ports,
  });
  const { participant, gtx, attempt, branch, type } = command;
  const state = await finisher.finish({ gtx, attempt, branch }, type, 0);
  return state && { type: 'ACK', participant, gtx, attempt, branch, state, output: null };
}

function operationOf(style: Style) {
  const schema = z.object({});
  const step = (what: Handler) => ({ one: (context: BranchContext<object>) => run(context, what) });
  const saga = { schema, action: step('acted'), compensate: step('compensated') };
  const half =
    style === 'xa'
      ? { xa: { schema, work: step('worked') } }
      : { tcc: { schema, try: step('worked'), confirm: step('confirmed'), cancel: step('cancelled') } };
  return defineOperation({ name: style, saga, ...half });
}

async function run(context: BranchContext<object>, what: Handler): Promise<ReadOnly | undefined> {
  const answer = await (context.client as unknown as ScriptedClient).handle(what);
  if (answer === 'refuse') throw new Refused('NO_STOCK');
  return answer === 'readOnly' ? new ReadOnly() : undefined;
}

function collectingBus(sent: OutgoingRecord[]): Bus {
  const unused = (): never => {
    throw new Error('the search uses no bus');
  };
  return {
    publish: async (records: readonly OutgoingRecord[]) => void sent.push(...records),
    ensureTopics: unused,
    partitions: unused,
    subscribe: unused,
    health: unused,
  } as unknown as Bus;
}

const STANDING_CLOCK: Clock = { nowMs: () => 0, wallMs: () => 0, after: () => () => undefined };
const NO_RANDOM: Random = { next: () => 0, uuidv7: () => GTX };

/** A command to the one branch there is. */
export function commandOf(
  style: Style,
  type: Exclude<CommandMessage['type'], 'FORGET'>,
  attempt: number,
  more: {
    readonly expired?: boolean;
    readonly settle?: boolean;
    readonly kind?: 'compensatable' | 'pivot' | 'retriable';
  } = {},
): CommandMessage {
  const base = {
    participant: PARTICIPANT,
    gtx: GTX,
    attempt,
    branch: BRANCH,
    ledgerEpoch: 0,
    replyPartition: null,
  };
  const operation = style;
  switch (type) {
    case 'PREPARE':
      return { ...base, type, operation, payload: {}, budgetMs: more.expired ? 0 : 1000 };
    case 'ACTION':
      return { ...base, type, operation, payload: {}, kind: more.kind ?? 'compensatable' };
    case 'COMPENSATE':
      return { ...base, type, operation, settle: more.settle ?? false };
    default:
      return { ...base, type };
  }
}
