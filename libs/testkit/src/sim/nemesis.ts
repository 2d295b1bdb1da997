import { encodeCommand } from '#wire';
import type { Dice } from '../dice.js';
import type { Direction, Place } from './network.js';
import { EngineNode, ParticipantNode } from './nodes.js';
import type { SimNode } from './nodes.js';
import type { FaultName } from './shape.js';
import { TOPICS, type Site } from './site.js';
import type { Weather } from './weather.js';

const SESSION_MS = 6_000;

/** Does to an installation what the seed drew, until `heal`. */
export class Nemesis {
  private active = true;
  /** Milliseconds between two blows. */
  private readonly cadence: readonly [number, number];
  /** Transactions whose prepared work was ended by hand, against the protocol. */
  readonly damaged = new Set<string>();

  constructor(
    private readonly site: Site,
    private readonly nodes: readonly SimNode[],
    private readonly dice: Dice,
  ) {
    this.cadence = dice.pick([
      [100, 600],
      [100, 1_500],
      [100, 1_500],
    ] as const);
  }

  begin(): void {
    this.site.network.weather = this.weather();
    const actions = this.actions();
    if (actions.length === 0) return;
    const next = (): void => {
      if (!this.active) return;
      this.dice.pick(actions)();
      this.site.scheduler.after(this.dice.between(...this.cadence), next);
    };
    this.site.scheduler.after(this.dice.between(50, 500), next);
  }

  /** Ends every fault and brings back what must be there for progress; of the spare drivers some stay dead. */
  heal(): void {
    this.active = false;
    this.site.network.heal();
    this.site.ledgerDown = false;
    for (const server of this.site.servers.values()) server.start();
    for (const node of this.nodes) this.resume(node);
    const spares = this.nodes.filter((node) => node instanceof EngineNode).slice(1);
    for (const node of this.nodes)
      if (!spares.includes(node as EngineNode) || this.dice.chance(0.6)) node.boot();
  }

  private weather(): Weather {
    const { dice } = this;
    const has = (fault: FaultName): boolean => this.site.shape.faults.has(fault);
    // Harsh weather is rare: where everything fails little is left to go wrong.
    const some = (fault: FaultName, high: number): number => (has(fault) ? dice.next() ** 2 * high : 0);
    return {
      latencyMs: dice.pick([
        [0.1, 1],
        [0.5, 5],
        [1, 40],
      ] as const),
      database: {
        refuse: some('refusals', 0.02),
        loseAnswer: some('lostAnswers', 0.02),
        dieBefore: some('crashesAtWrites', 0.002),
        dieAfter: some('crashesAtWrites', 0.002),
      },
      bus: {
        refuse: some('refusals', 0.05),
        loseAnswer: some('lostAnswers', 0.05),
        lose: some('loss', 0.1),
        duplicate: some('duplicates', 0.3),
        copies: [2, dice.between(2, 10)],
        // Where nothing overtakes, one late request holds up all that follow it: were many late, its line would stand still for good.
        delay: some('delay', has('reorder') ? 0.3 : 0.01),
        delayMs: [10, dice.between(100, 8_000)],
        reorder: has('reorder'),
      },
      handlerFault: some('handlerFaults', 0.05),
    };
  }

  private actions(): readonly (() => void)[] {
    const table: Partial<Record<FaultName, () => void>> = {
      crashes: () => this.crash(this.anyNode(), this.dice.between(20, 4_000)),
      // Only those that died in the middle of a write come back here.
      crashesAtWrites: () => this.nodes.forEach((node) => this.bootLater(node, this.dice.between(20, 3_000))),
      pauses: () => this.pause(),
      cuts: () => this.cut(),
      rebalances: () => void this.anyNode().rejoin(),
      ledgerOutage: () => this.ledgerOutage(),
      serverOutage: () => this.serverOutage(),
      operators: () => this.operator(),
      byHand: () => this.endByHand(),
      participantAway: () => this.participantAway(),
    };
    const drawn = [...this.site.shape.faults].flatMap((fault) => table[fault] ?? []);
    return [...drawn, () => this.ghost()];
  }

  private anyNode(): SimNode {
    return this.dice.pick(this.nodes);
  }

  private crash(node: SimNode, downMs: number): void {
    if (node.process.isDead) return;
    node.process.kill();
    this.site.tally.add('crash');
    this.bootLater(node, downMs);
  }

  private bootLater(node: SimNode, downMs: number): void {
    if (node.process.isDead) this.site.scheduler.after(downMs, () => this.active && node.boot());
  }

  private pause(): void {
    const node = this.anyNode();
    if (!node.process.isUp) return;
    node.process.pause();
    this.site.scheduler.after(this.dice.between(100, 9_000), () => this.resume(node));
  }

  private resume(node: SimNode): void {
    const ms = node.process.resume();
    if (ms > 1_500 && node instanceof EngineNode) this.site.tally.add('zombie');
    if (ms > SESSION_MS) void node.rejoin();
  }

  private cut(): void {
    const { name } = this.anyNode();
    const direction = this.dice.pick<Direction>(['to', 'from']);
    const place = this.dice.pick<Place>(['bus', 'database']);
    this.site.network.cut(name, direction, place);
    this.site.scheduler.after(this.dice.between(200, 5_000), () =>
      this.site.network.mend(name, direction, place),
    );
  }

  private ledgerOutage(): void {
    this.site.ledgerDown = true;
    this.site.ledgerStore.crash(this.site.scheduler.clock.wallMs());
    this.site.scheduler.after(this.dice.between(100, 3_000), () => (this.site.ledgerDown = false));
  }

  private serverOutage(): void {
    const { name } = this.dice.pick(this.site.shape.participants);
    const server = this.site.server(name);
    server.crash();
    this.site.scheduler.after(this.dice.between(100, 3_000), () => server.start());
  }

  /** All processes of a participant, for longer than it takes to call it dead. */
  private participantAway(): void {
    const { name } = this.dice.pick(this.site.shape.participants);
    for (const node of this.nodes)
      if (node instanceof ParticipantNode && node.shape.name === name) this.crash(node, 9_000);
  }

  private operator(): void {
    const live = [...this.site.ledgerStore.live];
    const node = this.anyNode();
    if (live.length === 0 || !(node instanceof EngineNode) || !node.engine || !node.process.isUp) return;
    const type = this.dice.pick(['force-abort', 'force-commit'] as const);
    this.site.tally.add(`operator ${type}`);
    node.engine.submit(this.dice.pick(live), { type, by: 'ann', reason: 'simulated' }).catch(() => {
      // The ledger is away: the operator hears 503 and nothing has happened.
      this.site.tally.add('operator heard 503');
    });
  }

  /** A database administrator rolls prepared work back, decision or not. */
  private endByHand(): void {
    const { name } = this.dice.pick(this.site.shape.participants);
    const server = this.site.server(name);
    const [work] = server.preparedIn(server.database(name));
    if (!work) return;
    this.damaged.add(work.gid.split(':')[2] ?? '');
    server.finish(work.gid, server.database(name), 'rollback');
    this.site.tally.add('prepared work ended by hand');
  }

  /** PREPARE for a transaction that no ledger knows: a coordinator of a lost installation. */
  private ghost(): void {
    const able = this.site.shape.participants.filter(({ style }) => style !== 'sagaOnly');
    const participant = this.dice.pick(able).name;
    const gtx = this.site.random(this.dice).uuidv7();
    const record = encodeCommand({
      type: 'PREPARE',
      gtx,
      attempt: 1,
      branch: 'b1',
      participant,
      operation: 'add',
      payload: { key: 'k0', amount: 1 },
      budgetMs: 5_000,
      ledgerEpoch: 1,
      replyPartition: null,
    });
    this.site.tally.add('ghost PREPARE');
    void this.site.broker
      .connect('ghost')
      .publish([{ topic: TOPICS.command(participant), ...record }])
      .catch(() => this.site.tally.add('ghost had no topic'));
  }
}
