/**
 * Liveness (G4). From every reachable state the worst is assumed: every message is lost and every driver dead. Then the faults
 * stop: a driver reads the ledger and sends what is outstanding, participants do what they are asked, deadlines pass when nothing
 * else happens. A terminal, quiet state must follow. All of these steps are steps of the model, and losing messages and drivers
 * is always possible, so this shows more than "from every state a terminal state can be reached".
 */
import type { Coordinator } from './coordinator.js';
import { Messages } from './messages.js';
import type { Tables } from './model-types.js';
import { ASKS } from './participant.js';

const MAX_ROUNDS = 50;

/** Null, or what the healing got stuck in. `durable`: ledger, participants, losses as `Model.durable` gives them. */
export function heal(model: Tables, durable: string): string | null {
  return new Healing(model, durable).run();
}

class Healing {
  private readonly coordinator: Coordinator;
  private readonly participants: number[];
  private ledger: number;
  private drive = 0;
  private moved = false;

  constructor(
    private readonly model: Tables,
    private readonly durable: string,
  ) {
    this.coordinator = model.coordinator;
    this.ledger = durable.charCodeAt(0);
    this.participants = model.machines.map((_, p) => durable.charCodeAt(1 + p));
  }

  run(): string | null {
    if (this.ledger === 0 && !this.inDoubt()) return null;
    // Only who is in doubt asks about a transaction that nobody knows.
    if (this.ledger === 0) this.ledger = this.coordinator.buried;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      if (this.ended()) return null;
      this.moved = false;
      this.round();
      if (!this.moved) this.pass();
      if (!this.moved) return `nothing moves any more: ${this.text()}`;
    }
    return `no end after ${MAX_ROUNDS} rounds: ${this.text()}`;
  }

  private inDoubt(): boolean {
    return this.participants.some((state, p) => this.model.machines[p]!.facts[state]!.prepared);
  }

  private ended(): boolean {
    const image = this.coordinator.facts[this.ledger]!;
    // A lost branch is an operator's turn (G4).
    if (image.quarantined && this.durable.charCodeAt(this.durable.length - 1) > 0) return true;
    return image.terminal && !this.inDoubt();
  }

  private round(): void {
    const image = this.coordinator.facts[this.ledger]!;
    if (image.tombstone)
      return this.participants.forEach((_, p) => this.deliver(p, Messages.bitOfAsk('ABORT')));
    if (image.terminal) return;
    this.drive ||= this.coordinator.load(this.ledger);
    this.coordinator.launch(this.drive).forEach((bits, p) => this.deliver(p, bits));
  }

  /** Handlers do their work, replies arrive. */
  private deliver(p: number, bits: number): void {
    ASKS.forEach((_, ask) => {
      if (!((bits >> ask) & 1)) return;
      const steps = this.model.machines[p]!.steps[this.participants[p]!]![ask]!;
      const step = steps.find(({ well }) => well) ?? steps[0];
      if (!step) return;
      this.moved ||= step.to !== this.participants[p];
      this.participants[p] = step.to;
      const event = this.model.replyEvent(p, step.reply);
      if (event !== null) this.tell(event);
    });
  }

  private tell(event: number): void {
    if (this.drive === 0) return;
    const move = this.coordinator.move(this.drive, event);
    this.moved ||= move.kind === 'durable' || (move.kind === 'volatile' && move.drive !== this.drive);
    if (move.kind === 'durable') this.ledger = move.next;
    this.drive = move.ended ? 0 : move.drive;
  }

  /** Time passes: what waits for nothing else times out. */
  private pass(): void {
    for (const event of this.model.deadlines) this.tell(event);
  }

  private text(): string {
    const branches = this.participants.map((state, p) => this.model.machines[p]!.facts[state]!.text);
    return `ledger ${this.coordinator.facts[this.ledger]!.state} · ${branches.join(' · ')}`;
  }
}
