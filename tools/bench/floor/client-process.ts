/* Coordinator and client of the floor in one process: begins, decides and ends in batches, tells the client after both acks. */
import type pg from 'pg';

import { closedLoop, Ending, type Edge, type LoadOrder } from '../load/closed-loop.js';
import { serve, tell } from '../processes/serve.js';
import type { Change } from '../transfer/account-sql.js';
import { accountPicker } from '../transfer/pick-account.js';
import { seeded } from '../transfer/random.js';
import { drawTransfer } from '../transfer/draw-transfer.js';
import { v7 as uuidv7 } from 'uuid';
import { connect, MAX_BATCH } from './database.js';
import { commandTopic, replyTopic, type Command, type Reply } from './letters.js';
import { Post, type Letter } from './post.js';
import { Stage } from './stage.js';
import { BEGIN, DECIDE, END } from './statements.js';

export interface FloorClientSetup {
  readonly brokers: string;
  readonly prefix: string;
  readonly participants: readonly string[];
  readonly databaseUrl: string;
}

interface Transaction {
  readonly gtx: string;
  readonly changes: readonly Change[];
  votesLeft: number;
  acksLeft: number;
  readonly done: () => void;
}

class FloorCoordinator {
  private readonly open = new Map<string, Transaction>();
  private readonly begins: Stage<Transaction>;
  private readonly decisions: Stage<Transaction>;
  private readonly ends: Stage<Transaction>;

  constructor(
    private readonly post: Post,
    private readonly topics: readonly string[],
    clients: readonly [pg.Client, pg.Client, pg.Client],
  ) {
    const [begin, decide, end] = clients;
    this.begins = new Stage((batch) => this.begin(begin, batch), MAX_BATCH);
    this.decisions = new Stage((batch) => this.decide(decide, batch), MAX_BATCH);
    this.ends = new Stage((batch) => this.end(end, batch), MAX_BATCH);
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

let coordinator: FloorCoordinator | undefined;

async function start({ brokers, prefix, participants, databaseUrl }: FloorClientSetup): Promise<void> {
  const post = await Post.open(brokers, 'floor-client');
  const clients = [
    await connect(databaseUrl),
    await connect(databaseUrl),
    await connect(databaseUrl, false),
  ] as const;
  const topics = participants.map((name) => commandTopic(prefix, name));
  const started = new FloorCoordinator(post, topics, clients);
  await post.read<Reply>(replyTopic(prefix), (replies) => started.receive(replies));
  coordinator = started;
}

async function drive(order: LoadOrder & { readonly seed: number; readonly theta: number }): Promise<unknown> {
  const running = coordinator;
  if (running === undefined) throw new Error('drive before start');
  const random = seeded(order.seed);
  const pick = accountPicker(order.theta, random);
  return closedLoop(
    order,
    () => running.transfer(drawTransfer(2, pick, random)),
    (edge) => tell<Edge>(edge),
  );
}

serve({ start, drive });
