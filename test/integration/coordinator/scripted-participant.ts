import type { Bus, IncomingRecord } from '#messaging';
import type { Json } from '#protocol';
import { decodeCommands, encodeReply, topicPolicies } from '#wire';
import type { CommandMessage, ReplyMessage, Topics } from '#wire';

type Distributed<T> = T extends ReplyMessage ? Omit<T, 'gtx' | 'attempt' | 'branch' | 'participant'> : never;
/** A reply to one command, without its address. */
export type ScriptedReply = Distributed<Exclude<ReplyMessage, { type: 'HELLO' }>>;
/** What to answer; null = nothing. */
export type Script = (command: CommandMessage) => ScriptedReply | null;

const styles = ['tcc', 'saga'] as const;
export const OPERATIONS = [
  { name: 'reserve', styles: [...styles], compensates: true },
  { name: 'notify', styles: [...styles], compensates: false },
  { name: 'plain', styles: ['tcc' as const], compensates: false },
];

/** Says yes to everything; what the payload wishes (`vote`, `code`, `silent`) goes before. */
export const willing: Script = (command) => {
  switch (command.type) {
    case 'PREPARE':
      return vote(command.payload);
    case 'COMMIT':
      return { type: 'ACK', state: 'COMMITTED', output: { done: true } };
    case 'ABORT':
      return { type: 'ACK', state: 'ABORTED', output: null };
    case 'ACTION':
      return result('ACTION', 'DONE');
    case 'COMPENSATE':
      return result('COMPENSATE', 'COMPENSATED');
    case 'FORGET':
      return null;
  }
};

function vote(payload: Json): ScriptedReply | null {
  const wish = payload as { vote?: 'YES' | 'READ_ONLY' | 'NO'; code?: string; silent?: boolean } | null;
  if (wish?.silent) return null;
  const no = wish?.vote === 'NO';
  const { code = null } = wish ?? {};
  const noCode = no ? ('REFUSED' as const) : null;
  return {
    type: 'VOTE',
    vote: wish?.vote ?? 'YES',
    noCode,
    code,
    message: no ? 'refused' : null,
    output: null,
  };
}

function result(phase: 'ACTION' | 'COMPENSATE', state: 'DONE' | 'COMPENSATED'): ScriptedReply {
  return { type: 'RESULT', phase, result: 'DONE', state, code: null, message: null, output: null };
}

/** A participant that speaks the wire and holds nothing: what the coordinator is tested against. */
export class ScriptedParticipant {
  readonly commands: CommandMessage[] = [];
  script: Script = willing;

  private constructor(
    readonly name: string,
    private readonly bus: Bus,
    private readonly topics: Topics,
  ) {}

  static async start(name: string, bus: Bus, topics: Topics): Promise<ScriptedParticipant> {
    const participant = new ScriptedParticipant(name, bus, topics);
    await bus.ensureTopics(topicPolicies(topics, { partitions: 2, replication: 1, participants: [name] }));
    await bus.subscribe({
      topics: [topics.command(name)],
      group: topics.command(name),
      from: 'earliest',
      handler: (batch) => participant.answer(batch),
    });
    await participant.hello('boot-1');
    return participant;
  }

  async hello(bootId: string): Promise<void> {
    const { name: participant } = this;
    const hello = {
      type: 'HELLO',
      participant,
      operations: OPERATIONS,
      wireVersions: [1],
      instance: 'one',
      bootId,
    };
    await this.send(hello as ReplyMessage, null);
  }

  /** A reply nobody asked for. */
  async send(message: ReplyMessage, partition: number | null): Promise<void> {
    const record = { topic: this.topics.replies, ...encodeReply(message) };
    await this.bus.publish([partition === null ? record : { ...record, partition }]);
  }

  private async answer(batch: readonly IncomingRecord[]): Promise<void> {
    for (const decoded of batch.flatMap(decodeCommands)) {
      if (!decoded.ok) throw new Error(`unreadable command: ${decoded.detail}`);
      this.commands.push(decoded.message);
      await this.reply(decoded.message);
    }
  }

  private async reply(command: CommandMessage): Promise<void> {
    const scripted = this.script(command);
    if (scripted === null) return;
    const { gtx, attempt, branch, participant, replyPartition } = command;
    await this.send({ ...scripted, gtx, attempt, branch, participant } as ReplyMessage, replyPartition);
  }
}
