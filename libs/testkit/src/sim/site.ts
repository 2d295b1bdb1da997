import { createEmbeddedBroker } from '#messaging';
import type { EmbeddedBroker } from '#messaging';
import type { Random } from '#observability';
import {
  LedgerError,
  MemoryLedger,
  MemoryLedgerStore,
  MemoryOutboxStore,
  MemoryServer,
  StoreError,
} from '#persistence';
import type { Ledger, LedgerGate, OutboxStore, StepOutcome, VerbHook } from '#persistence';
import { topicNames } from '#wire';
import type { Dice } from '../dice.js';
import { TraceRecorder } from '../trace/recorder.js';
import { DatabaseLine, Network } from './network.js';
import { never, type SimProcess } from './process.js';
import { EPOCH_MS, Scheduler } from './scheduler.js';
import type { Shape } from './shape.js';
import { SimBus } from './sim-bus.js';
import { outboxBehind } from './sim-outbox.js';
import type { Tally } from './tally.js';

export const TOPICS = topicNames('concordat');

/** What outlives processes: broker, databases, network, time. */
export class Site {
  readonly scheduler = new Scheduler();
  readonly network: Network;
  readonly broker: EmbeddedBroker;
  readonly ledgerStore = new MemoryLedgerStore();
  readonly servers = new Map<string, MemoryServer>();
  /** Every durable event, in order. */
  readonly recorder = new TraceRecorder();
  ledgerDown = false;
  private moments = 0;
  private ids = 0;

  constructor(
    readonly shape: Shape,
    readonly dice: Dice,
    readonly tally: Tally,
  ) {
    this.recorder.attach(this.ledgerStore);
    this.network = new Network(dice.fork());
    const jitter = dice.fork();
    this.broker = createEmbeddedBroker({
      timers: {
        soon: (run) => void this.scheduler.after(0, run),
        after: (delayMs, run) => this.scheduler.after(delayMs, run),
        random: () => jitter.next(),
      },
    });
    for (const { name } of shape.participants) this.servers.set(name, this.newServer(shape.slots));
    this.servers.set(INITIATOR, this.newServer(0));
  }

  private newServer(maxPreparedTransactions: number): MemoryServer {
    const { watcher } = this.recorder;
    return new MemoryServer({ clock: this.scheduler.clock, maxPreparedTransactions, watcher });
  }

  server(name: string): MemoryServer {
    const server = this.servers.get(name);
    if (!server) throw new Error(`no server ${name}`);
    return server;
  }

  /** The next number of one sequence: the order of what handlers did. */
  moment(): number {
    return (this.moments += 1);
  }

  at(): string {
    return `${this.scheduler.nowMs.toFixed(3)}ms`;
  }

  random(dice: Dice): Random {
    return { next: () => dice.next(), uuidv7: () => this.uuidv7(dice) };
  }

  bus(process: SimProcess): SimBus {
    const inner = this.broker.connect(process.name);
    return new SimBus(inner, process, this.scheduler, this.network, this.dice.fork(), this.tally);
  }

  ledger(process: SimProcess, instanceId: string): Ledger {
    const { ledgerStore: store, scheduler } = this;
    return new MemoryLedger({ store, clock: scheduler.clock, instanceId, gate: this.ledgerGate(process) });
  }

  /** Stands before every verb of a participant's store. */
  storeHook(process: SimProcess): VerbHook {
    const line = this.storeLine(process);
    return (verb, moment) => {
      if (moment === 'after') return line.answer();
      this.tally.add(`store ${verb}`);
      return line.ask();
    };
  }

  /** The initiator's, as one of its processes reaches it. */
  outbox(process: SimProcess): OutboxStore {
    const store = new MemoryOutboxStore({ server: this.server(INITIATOR), database: INITIATOR });
    return outboxBehind(this.storeLine(process), store);
  }

  private storeLine(process: SimProcess): DatabaseLine {
    return new DatabaseLine(process, this.network, this.dice.fork(), {
      refused: () => new StoreError('UNAVAILABLE', 'simulated: not connected', false, null),
      lost: () => new StoreError('UNAVAILABLE', 'simulated: the answer is lost', true, null),
    });
  }

  private ledgerGate(process: SimProcess): LedgerGate {
    const line = new DatabaseLine(process, this.network, this.dice.fork(), {
      refused: () => new LedgerError('UNAVAILABLE', 'simulated: not connected', false),
      lost: () => new LedgerError('UNAVAILABLE', 'simulated: the answer is lost', true),
    });
    return async (verb, run) => {
      if (process.isDead) return never();
      this.tally.add(`ledger ${verb}`);
      await line.ask();
      if (this.ledgerDown) throw new LedgerError('UNAVAILABLE', 'simulated: the server is down', false);
      const result = run();
      this.noteStale(verb, result);
      await line.answer().catch((error: unknown) => {
        this.tally.add(`ambiguous ${verb}`);
        throw error;
      });
      return result;
    };
  }

  private noteStale(verb: keyof Ledger, result: unknown): void {
    if (verb !== 'commitSteps') return;
    const stale = (result as readonly StepOutcome[]).filter(({ kind }) => kind === 'stale').length;
    if (stale > 0) this.tally.add('stale write', stale);
  }

  /** Version 7: simulated wall milliseconds, then a sequence and the dice. */
  private uuidv7(dice: Dice): string {
    this.ids = (this.ids + 1) & 0xfff;
    const ms = (EPOCH_MS + Math.floor(this.scheduler.nowMs)).toString(16).padStart(12, '0');
    const hex = (digits: number): string =>
      Math.floor(dice.next() * 16 ** digits)
        .toString(16)
        .padStart(digits, '0');
    const sequence = this.ids.toString(16).padStart(3, '0');
    return `${ms.slice(0, 8)}-${ms.slice(8)}-7${sequence}-a${hex(3)}-${hex(6)}${hex(6)}`;
  }
}

/** The application that submits through its outbox. */
export const INITIATOR = 'shop';
