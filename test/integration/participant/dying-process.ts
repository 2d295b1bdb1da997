import type { Bus, OutgoingRecord } from '#messaging';
import { silentLog, type FaultPoint } from '#observability';
import { createParticipant, type OperationDefinition, type ParticipantRuntime } from '#participant';
import { createPostgresBranchStore, type PostgresBranchStore } from '#persistence';
import { decodeReplies, encodeCommand, type CommandMessage, type ReplyMessage } from '#wire';
import { waitFor } from '../../../tools/stack/wait.js';
import type { ParticipantServer } from '../persistence/participant-server.js';

let made = 0;

/** Keeps what is published; the test delivers commands itself. */
class Outlet implements Bus {
  readonly published: OutgoingRecord[] = [];
  ensureTopics = async () => {};
  partitions = async () => 1;
  publish = async (records: readonly OutgoingRecord[]) => void this.published.push(...records);
  subscribe = async () => ({ assigned: () => [0], pause() {}, resume() {}, stop: async () => {} });
  health = async () => ({ ok: true, detail: '' });
  lag = async () => 0;
  close = async () => {};
}

export interface ProcessOptions {
  /** Dies at the first pass of this point: its sessions end, and nothing it does afterwards is seen. */
  readonly dieAt?: FaultPoint;
  readonly lockTimeoutMs?: number;
  readonly inquireAfterMs?: number;
}

/** One process of participant `payments` over a real server; it can die at a fault point. */
export class DyingProcess {
  private readonly bus = new Outlet();
  private readonly application: string;
  private readonly store: PostgresBranchStore;
  readonly participant: ParticipantRuntime;
  private died: () => void = () => {};
  /** Resolves when the process has died. */
  readonly dead = new Promise<void>((resolve) => (this.died = resolve));

  constructor(
    private readonly server: ParticipantServer,
    operations: readonly OperationDefinition[],
    options: ProcessOptions = {},
  ) {
    made += 1;
    this.application = `dying-${made}`;
    const { dieAt, lockTimeoutMs = 300, inquireAfterMs = 60_000 } = options;
    const url = `${server.url('one', 'payments')}?application_name=${this.application}`;
    this.store = createPostgresBranchStore({ participant: 'payments', url, lockTimeoutMs, log: silentLog });
    const reach = (point: FaultPoint) => (point === dieAt ? this.die() : undefined);
    this.participant = createParticipant({
      ...{ name: 'payments', operations, store: this.store, bus: this.bus, instance: this.application },
      ...{ inquireAfterMs, faults: { armed: dieAt ?? null, reach } },
    });
  }

  get replies(): ReplyMessage[] {
    return this.bus.published.flatMap(decodeReplies).flatMap((decoded) => {
      if (!decoded.ok) throw new Error(decoded.detail);
      return decoded.message.type === 'HELLO' ? [] : [decoded.message];
    });
  }

  /** Hands commands over as one batch; resolves when the database holds them, with the replies they brought. */
  async deliver(...commands: CommandMessage[]): Promise<ReplyMessage[]> {
    const before = this.replies.length;
    await this.take(...commands);
    const answered = () => (this.replies.length >= before + commands.length ? true : undefined);
    await waitFor(answered, { what: 'the replies', timeoutMs: 10_000, intervalMs: 2 });
    return this.replies.slice(before);
  }

  /** The same without waiting for replies. */
  take(...commands: CommandMessage[]): Promise<void> {
    const topic = 'concordat.commands.payments';
    const records = commands.map((command, index) => {
      return { ...encodeCommand(command), topic, partition: 0, offset: String(index) };
    });
    return this.participant.accept(records).all();
  }

  /** Hands a command over and waits for the death it brings. */
  async deliverAndDie(command: CommandMessage): Promise<void> {
    // Whatever becomes of it: the process is dead.
    void this.take(command).catch(() => undefined);
    await this.dead;
  }

  private async die(): Promise<never> {
    await this.endSessions();
    this.died();
    return new Promise<never>(() => {});
  }

  /** The server ends every session of this process, as it does when a socket breaks. */
  async endSessions(): Promise<void> {
    const theirs = 'FROM pg_stat_activity WHERE application_name LIKE $1';
    await this.server.query('postgres', `SELECT pg_terminate_backend(pid) ${theirs}`, [
      `${this.application}%`,
    ]);
    const gone = async () => {
      const rows = await this.server.query('postgres', `SELECT 1 ${theirs}`, [`${this.application}%`]);
      return rows.length === 0 ? true : undefined;
    };
    await waitFor(gone, { what: 'the sessions to end', timeoutMs: 10_000, intervalMs: 10 });
  }

  async close(): Promise<void> {
    await this.store.close();
  }
}
