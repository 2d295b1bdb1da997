import type pg from 'pg';
import { v7 as uuidv7 } from 'uuid';

import { Ending } from '../load/closed-loop.js';
import type { Change } from '../transfer/account-sql.js';
import { connect, MAX_BATCH } from './database.js';
import type { Command, Reply } from './letters.js';
import type { Letter, Outgoing } from './post.js';
import { Stage } from './stage.js';
import { BEGIN, DECIDE, END } from './statements.js';

interface Transaction {
  readonly gtx: string;
  readonly changes: readonly Change[];
  votesLeft: number;
  acksLeft: number;
  readonly done: () => void;
}

/** Begins, decides and ends in batches, each stage on a connection of its own; tells its caller after the last acknowledgement. */
export class FloorCoordinator {
  private readonly open = new Map<string, Transaction>();
  private readonly begins: Stage<Transaction>;
  private readonly decisions: Stage<Transaction>;
  private readonly ends: Stage<Transaction>;

  private constructor(
    private readonly post: Outgoing,
    private readonly topics: readonly string[],
    clients: readonly [pg.Client, pg.Client, pg.Client],
  ) {
    const [begin, decide, end] = clients;
    this.begins = new Stage((batch) => this.begin(begin, batch), MAX_BATCH);
    this.decisions = new Stage((batch) => this.decide(decide, batch), MAX_BATCH);
    this.ends = new Stage((batch) => this.end(end, batch), MAX_BATCH);
  }

  static async open(
    post: Outgoing,
    topics: readonly string[],
    databaseUrl: string,
  ): Promise<FloorCoordinator> {
    const clients = [
      await connect(databaseUrl),
      await connect(databaseUrl),
      await connect(databaseUrl, false),
    ] as const;
    return new FloorCoordinator(post, topics, clients);
  }

  /** Resolves when every participant has acknowledged. */
  async transfer(changes: readonly Change[]): Promise<Ending> {
    const count = this.topics.length;
    await new Promise<void>((done) => {
      this.begins.add([{ gtx: uuidv7(), changes, votesLeft: count, acksLeft: count, done }]);
    });
    return Ending.Committed;
  }

  receive(replies: readonly Reply[]): void {
    const voted: Transaction[] = [];
    const acknowledged: Transaction[] = [];
    for (const { type, gtx } of replies) {
      const transaction = this.open.get(gtx);
      if (transaction === undefined) continue;
      if (type === 'VOTE' && (transaction.votesLeft -= 1) === 0) voted.push(transaction);
      if (type === 'ACK' && (transaction.acksLeft -= 1) === 0) acknowledged.push(transaction);
    }
    this.decisions.add(voted);
    this.ends.add(acknowledged);
    for (const { gtx, done } of acknowledged) {
      this.open.delete(gtx);
      done();
    }
  }

  private async begin(client: pg.Client, batch: readonly Transaction[]): Promise<void> {
    for (const transaction of batch) this.open.set(transaction.gtx, transaction);
    const requests = batch.map(({ changes }) => JSON.stringify(changes));
    await client.query({ name: 'begin', text: BEGIN, values: [gtxs(batch), requests] });
    this.command(batch, ({ gtx, changes }, index) => ({ type: 'PREPARE', gtx, change: changes[index]! }));
  }

  private async decide(client: pg.Client, batch: readonly Transaction[]): Promise<void> {
    await client.query({ name: 'decide', text: DECIDE, values: [gtxs(batch)] });
    this.command(batch, ({ gtx }) => ({ type: 'COMMIT', gtx }));
  }

  private async end(client: pg.Client, batch: readonly Transaction[]): Promise<void> {
    await client.query({ name: 'end', text: END, values: [gtxs(batch)] });
  }

  private command(batch: readonly Transaction[], of: (tx: Transaction, index: number) => Command): void {
    const letters = this.topics.flatMap((topic, index) =>
      batch.map((tx): Letter => ({ topic, gtx: tx.gtx, body: of(tx, index) })),
    );
    this.post.send(letters);
  }
}

const gtxs = (batch: readonly Transaction[]): string[] => batch.map(({ gtx }) => gtx);
