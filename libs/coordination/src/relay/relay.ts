import { attemptOf, outcomeOf, reasonOf } from '#protocol';
import type { Command } from '#protocol';
import type { Bus, OutgoingRecord } from '#messaging';
import type { FaultPoint, FaultPoints, Log } from '#observability';
import { encodeInitiator, encodeOutcome, packCommands } from '#wire';
import type { CommandMessage, EncodedRecord, InitiatorMessage, Letter, Topics } from '#wire';
import type { Durable } from './durable.js';

/** Publishes under way at once; beyond it the step loop waits (back-pressure). */
const MAX_PUBLISHES = 8;

export interface RelayDeps {
  readonly bus: Bus;
  readonly topics: Topics;
  readonly faults: FaultPoints;
  readonly log: Log;
  /** A partition of the replies topic that this process reads now; null when it reads none. */
  readonly replyPartition: () => number | null;
  readonly ledgerEpoch: () => number;
  /** Whether this participant reads records of several messages. */
  readonly readsPacks: (participant: string) => boolean;
}

/**
 * The only place that sends. One produce for all that one step made durable. A lost send is no fault: what must be sent is a
 * function of the stored state, and the re-send timer asks again.
 */
export class Relay {
  private readonly underWay = new Set<Promise<void>>();

  constructor(private readonly deps: RelayDeps) {}

  /** Hands records to the bus; waits only while too many publishes are under way. */
  async send(batch: readonly Durable[]): Promise<void> {
    const records = [...this.commands(batch), ...batch.flatMap((durable) => this.tidings(durable))];
    if (records.length === 0) return;
    const publish = this.publish(records, batch).finally(() => this.underWay.delete(publish));
    this.underWay.add(publish);
    if (this.underWay.size >= MAX_PUBLISHES) await Promise.race(this.underWay);
  }

  async drain(): Promise<void> {
    await Promise.all(this.underWay);
  }

  private async publish(records: readonly OutgoingRecord[], batch: readonly Durable[]): Promise<void> {
    try {
      const split = splitPoint(batch, this.deps.faults.armed);
      if (split && records.length > 1) {
        // Only in crash tests: "some sent" needs a moment between the first record and the rest.
        await this.deps.bus.publish(records.slice(0, 1));
        await this.deps.faults.reach(split);
        await this.deps.bus.publish(records.slice(1));
      } else {
        await this.publishByTopic(records);
      }
    } catch (error) {
      this.deps.log.warn(
        { err: error, records: records.length },
        'send failed; the re-send timer repeats it',
      );
    }
  }

  /** A topic that does not exist (a participant that announced itself and has none) must not cost the others their records. */
  private async publishByTopic(records: readonly OutgoingRecord[]): Promise<void> {
    const groups = byTopic(records);
    const settled = await Promise.allSettled(groups.map((group) => this.deps.bus.publish(group)));
    for (const one of settled) if (one.status === 'rejected') throw one.reason;
  }

  /** What one participant is to do, in as few records as it can read. */
  private commands(batch: readonly Durable[]): readonly OutgoingRecord[] {
    const letters = new Map<string, Letter<CommandMessage>[]>();
    for (const durable of batch) {
      for (const command of durable.commands) {
        const letter = { message: this.message(durable, command), traceparent: durable.traceparent };
        const others = letters.get(command.participant);
        if (others) others.push(letter);
        else letters.set(command.participant, [letter]);
      }
    }
    return [...letters].flatMap(([participant, all]) => this.commandsTo(participant, all));
  }

  private commandsTo(participant: string, letters: readonly Letter<CommandMessage>[]): OutgoingRecord[] {
    const topic = this.deps.topics.command(participant);
    const bundles = this.deps.readsPacks(participant) ? [letters] : letters.map((letter) => [letter]);
    return bundles
      .flatMap((bundle) => packCommands(bundle, this.leftOut))
      .map((record) => toTopic(topic, record));
  }

  /** A command too big for any reader is left out: its branch never votes, and the deadline ends the transaction. */
  private readonly leftOut = ({ gtx, branch }: CommandMessage, error: Error): void =>
    this.deps.log.error({ err: error, gtx, branch }, 'command cannot be sent');

  /** Who else is to hear what was decided. */
  private tidings(durable: Durable): readonly OutgoingRecord[] {
    const { topics } = this.deps;
    const outcomes = durable.announce.flatMap((attempt) => this.outcome(durable, attempt));
    const told = this.initiatorMessage(durable);
    if (!told) return outcomes;
    const encoded = encodeInitiator(told, { traceparent: durable.traceparent });
    return [...outcomes, toTopic(topics.initiator(told.initiator), encoded)];
  }

  private message(durable: Durable, command: Command): CommandMessage {
    const common = { ledgerEpoch: this.deps.ledgerEpoch(), replyPartition: this.deps.replyPartition() };
    if (command.type === 'PREPARE')
      return { ...command, ...common, budgetMs: Math.max(0, Math.round(durable.budgetMs)) };
    return { ...command, ...common };
  }

  private outcome(durable: Durable, attempt: number): readonly OutgoingRecord[] {
    const cell = attemptOf(durable.tx, attempt);
    if (!cell?.decision) return [];
    const encoded = encodeOutcome({
      type: 'OUTCOME',
      gtx: durable.tx.gtx,
      attempt,
      outcome: cell.decision,
      reason: clip(cell.reason),
      ledgerEpoch: this.deps.ledgerEpoch(),
    });
    return [toTopic(this.deps.topics.outcomes, encoded)];
  }

  private initiatorMessage(durable: Durable): InitiatorMessage | null {
    const outcome = outcomeOf(durable.tx);
    if (!durable.final || !durable.initiator || !outcome) return null;
    const reason = outcome === 'aborted' ? clip(reasonOf(durable.tx)) : null;
    return { type: 'OUTCOME', initiator: durable.initiator, gtx: durable.tx.gtx, outcome, reason };
  }
}

function byTopic(records: readonly OutgoingRecord[]): readonly (readonly OutgoingRecord[])[] {
  const groups = new Map<string, OutgoingRecord[]>();
  for (const record of records) {
    const group = groups.get(record.topic);
    if (group) group.push(record);
    else groups.set(record.topic, [record]);
  }
  return [...groups.values()];
}

function toTopic(topic: string, record: EncodedRecord): OutgoingRecord {
  return { topic, key: record.key, value: record.value, headers: record.headers };
}

/** Reasons are short words; a stray long one must not exceed the wire's limit. */
function clip(reason: string | null): string | null {
  return reason === null ? null : reason.slice(0, 256);
}

/** C3 some PREPAREs sent, C7 some COMMITs sent, S3 D2f half sent. */
function splitPoint(batch: readonly Durable[], armed: FaultPoint | null): FaultPoint | null {
  if (armed !== 'C3' && armed !== 'C7' && armed !== 'S3') return null;
  const types = new Set(batch.flatMap((durable) => durable.commands.map((command) => command.type)));
  if (armed === 'C3') return types.has('PREPARE') ? 'C3' : null;
  if (armed === 'C7') return types.has('COMMIT') ? 'C7' : null;
  return batch.some((durable) => durable.tx.attempt > 1 && durable.announce.includes(1)) ? 'S3' : null;
}
