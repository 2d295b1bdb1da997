import type { TransactionOutcome } from '#client';
import { BeginRejected } from '#coordination';
import type { Submission } from '#coordination';
import { MemoryClient } from '#persistence';
import type { StoredTransaction } from '#persistence';
import { outcomeOf } from '#protocol';
import type { Outcome } from '#protocol';
import { beginRequestSchema } from '#wire';
import type { BeginRequestInput } from '#wire';
import type { Dice } from '../dice.js';
import type { EngineNode, InitiatorNode } from './nodes.js';
import type { Add } from './operations.js';
import { INITIATOR, type Site } from './site.js';

export interface WantedBranch {
  readonly id: string;
  readonly participant: string;
  readonly kind: 'compensatable' | 'pivot' | 'retriable';
  readonly payload: Add;
}

/** What a customer knows, kept outside the system: asked, accepted, told. */
export interface JournalEntry {
  readonly gtx: string;
  readonly request: BeginRequestInput;
  readonly branches: readonly WantedBranch[];
  readonly submission: Submission;
  readonly via: 'http' | 'outbox';
  accepted: boolean;
  rejected: string | null;
  told: Outcome | null;
  /** Moments of the first answer, and of the first that said how it ended. */
  answeredAtMs: number | null;
  toldAtMs: number | null;
}

const CALL_MS = 5_000;
/** As users have them: mostly two. Every further one costs as much as the first, and meets little that two do not. */
const BRANCHES = [1, 1, 2, 2, 2, 2, 2, 2, 3, 4];
const PAUSE_MS = 300;
/** So many ask again although they were answered. */
const REPEAT_SHARE = 0.1;
/** Later they may be accepted; anything else is final. */
const PASSING = new Set([
  'OVERLOAD',
  'HELD',
  'UNKNOWN_PARTICIPANT',
  'UNKNOWN_OPERATION',
  'UNSUPPORTED_STYLE',
]);

/** Those who submit transactions, and remember. */
export class Customers {
  readonly journal = new Map<string, JournalEntry>();
  /** What they were told that contradicts what they were told before. */
  readonly complaints: string[] = [];

  constructor(
    private readonly site: Site,
    private readonly coordinators: readonly EngineNode[],
    private readonly initiators: () => readonly InitiatorNode[],
    private readonly dice: Dice,
  ) {}

  /** Places the whole order book, spread over the shape's time. */
  open(): void {
    const { transactions, spreadMs, burst } = this.site.shape;
    for (let placed = 0; placed < transactions; placed += burst)
      this.site.scheduler.after(this.dice.next() * spreadMs, () =>
        this.place(Math.min(burst, transactions - placed)),
      );
  }

  /** Told over Kafka. */
  heard({ gtx, outcome, rejected, reason }: TransactionOutcome): void {
    const entry = this.journal.get(gtx);
    if (!entry) return void this.complaints.push(`${gtx}: heard ${outcome}, never asked`);
    if (rejected) this.refuse(entry, reason ?? 'REJECTED');
    this.tell(entry, outcome);
    if (!rejected) this.accept(entry);
  }

  private place(count: number): void {
    for (let at = 0; at < count; at += 1) void this.placeOne();
  }

  private async placeOne(): Promise<void> {
    const entry = this.newEntry();
    this.journal.set(entry.gtx, entry);
    if (entry.via === 'outbox') await this.enqueue(entry);
    else await this.insist(entry);
  }

  private async enqueue(entry: JournalEntry): Promise<void> {
    const { client } = this.initiator();
    const database = this.site.server(INITIATOR).database(INITIATOR);
    const transaction = database.begin(1_000);
    await client!.outbox.enqueue(new MemoryClient(transaction), entry.request);
    transaction.commit();
  }

  /** Asks until somebody answers, and sometimes again: the same request must be the same transaction. */
  private async insist(entry: JournalEntry): Promise<void> {
    for (let repeats = this.dice.chance(REPEAT_SHARE) ? this.dice.between(1, 3) : 0; ;) {
      const stored = await this.post(entry, this.coordinator());
      if (stored) {
        this.accept(entry);
        if (stored.tx.gtx !== entry.gtx) this.complaints.push(`${entry.gtx}: answered as ${stored.tx.gtx}`);
        this.tell(entry, outcomeOf(stored.tx));
        if ((repeats -= 1) < 0) return;
        this.site.tally.add('request repeated');
      }
      if (entry.rejected) return;
      await this.site.scheduler.sleep(PAUSE_MS * (1 + 9 * this.dice.next()));
    }
  }

  /** Any of those that listen, as clients do that are refused a connection. */
  private coordinator(): EngineNode {
    return this.anyOf(this.coordinators, ({ engine, process }) => engine !== null && !process.isDead);
  }

  private initiator(): InitiatorNode {
    return this.anyOf(this.initiators(), ({ process }) => !process.isDead);
  }

  /** One of those that are up; any at all where none is. */
  private anyOf<N>(nodes: readonly N[], isUp: (node: N) => boolean): N {
    const up = nodes.filter(isUp);
    return this.dice.pick(up.length > 0 ? up : nodes);
  }

  /** null: no answer, or one that may change. */
  private async post(entry: JournalEntry, node: EngineNode): Promise<StoredTransaction | null> {
    const { scheduler, network } = this.site;
    await scheduler.sleep(network.latencyMs());
    const { engine, process } = node;
    if (!engine || !process.isUp) return null;
    const work = engine.desk.submit(entry.submission).then(
      ({ stored }) => this.awaited(node, stored),
      (error: unknown) => this.refused(entry, error),
    );
    return new Promise((resolve) => {
      const hangUp = scheduler.after(CALL_MS, () => resolve(null));
      void work.then((answer) => (hangUp(), resolve(answer)));
    });
  }

  private async awaited({ engine }: EngineNode, stored: StoredTransaction): Promise<StoredTransaction> {
    if (!engine || this.dice.chance(0.5)) return stored;
    const stage = this.dice.chance(0.5) ? 'decided' : 'applied';
    return (await engine.awaitStage(stored, stage, 2_000)) ?? stored;
  }

  private refused(entry: JournalEntry, error: unknown): null {
    if (error instanceof BeginRejected && !PASSING.has(error.code)) this.refuse(entry, error.code);
    return null;
  }

  private accept(entry: JournalEntry): void {
    entry.accepted = true;
    entry.answeredAtMs ??= this.site.scheduler.nowMs;
  }

  private refuse(entry: JournalEntry, code: string): void {
    entry.rejected = code;
    entry.answeredAtMs ??= this.site.scheduler.nowMs;
  }

  private tell(entry: JournalEntry, outcome: Outcome | null): void {
    if (outcome !== null) entry.toldAtMs ??= this.site.scheduler.nowMs;
    if (entry.told === null) entry.told = outcome;
    else if (entry.told !== outcome)
      this.complaints.push(`${entry.gtx}: told ${entry.told}, then ${outcome ?? 'undecided'}`);
  }

  private newEntry(): JournalEntry {
    const { dice, site } = this;
    const gtx = site.random(dice).uuidv7();
    const mode = dice.chance(0.3) ? 'saga' : '2pc';
    const branches = this.branches(mode);
    const fallback = mode === '2pc' && dice.chance(0.5) ? 'saga' : 'none';
    const request: BeginRequestInput = {
      id: gtx,
      mode,
      fallback,
      timeoutMs: dice.pick([300, 1_000, 5_000]),
      branches: branches.map((branch) => ({ ...branch, operation: 'add', payload: { ...branch.payload } })),
    };
    const via = dice.chance(site.shape.outboxShare) ? 'outbox' : 'http';
    const idempotencyKey = dice.chance(0.3) ? `key-${gtx}` : null;
    const submission: Submission = {
      request: beginRequestSchema.parse(request),
      idempotencyKey,
      initiator: null,
      traceparent: null,
    };
    const unheard = { accepted: false, rejected: null, told: null, answeredAtMs: null, toldAtMs: null };
    return { gtx, request, branches, submission, via, ...unheard };
  }

  /** 2PC without fallback goes to those who can prepare; a saga may have a pivot and retriable steps behind it. */
  private branches(mode: '2pc' | 'saga'): readonly WantedBranch[] {
    const { dice, site } = this;
    const able = site.shape.participants.filter(
      ({ style }) => mode === 'saga' || style !== 'sagaOnly' || dice.chance(0.2),
    );
    const count = Math.min(dice.pick(BRANCHES), able.length + 1);
    const pivotAt = mode === 'saga' && dice.chance(0.4) ? dice.below(count) : count;
    return Array.from({ length: count }, (_, at) => {
      const kind = at < pivotAt ? 'compensatable' : at === pivotAt ? 'pivot' : 'retriable';
      return {
        id: `b${at + 1}`,
        participant: dice.pick(able).name,
        kind,
        payload: this.payload(kind),
      } as const;
    });
  }

  private payload(kind: WantedBranch['kind']): Add {
    const { dice, site } = this;
    const act = kind !== 'retriable' && dice.chance(0.08) ? 'refuse' : dice.chance(0.1) ? 'read' : 'work';
    return { key: `k${dice.below(site.shape.keys)}`, amount: dice.between(1, 9), act };
  }
}
