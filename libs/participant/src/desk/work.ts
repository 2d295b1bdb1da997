import type { BranchKey } from '#persistence';
import type { CommandMessage, ReplyMessage } from '#wire';

export type CommandType = CommandMessage['type'];
export type CommandOf<T extends CommandType> = Extract<CommandMessage, { readonly type: T }>;

/** One command under way. */
export interface Work<C extends CommandMessage = CommandMessage> {
  readonly command: C;
  readonly key: BranchKey;
  /** `clock.nowMs()` at which the prepare budget is spent, counted from receipt; Infinity where none applies. */
  readonly deadlineMs: number;
}

export type WorkOf<T extends CommandType> = Work<CommandOf<T>>;

/** What is said about one piece of work, once the database holds it. No reply: the coordinator asks again. */
export interface Answer {
  readonly work: Work;
  readonly reply: ReplyMessage | null;
}

/** A reply on its way to the replies topic. `partition` null: by the key's hash. */
export interface OutgoingReply {
  readonly message: ReplyMessage;
  readonly partition: number | null;
  readonly traceparent: string | null;
}

/** `receivedAtMs`: monotonic clock at receipt. */
export function workOf(command: CommandMessage, receivedAtMs: number): Work {
  const { gtx, attempt, branch } = command;
  const deadlineMs = command.type === 'PREPARE' ? receivedAtMs + command.budgetMs : Infinity;
  return { command, key: { gtx, attempt, branch }, deadlineMs };
}

export function isWork<T extends CommandType>(work: Work, ...types: readonly T[]): work is WorkOf<T> {
  return (types as readonly CommandType[]).includes(work.command.type);
}

/** The key of a branch as text, for maps. */
export function keyText({ gtx, attempt, branch }: BranchKey): string {
  return `${gtx}:${attempt}:${branch}`;
}
