/* A participant of the floor: the same SQL and records as a branch costs, and no protocol. */
import type pg from 'pg';

import { serve } from '../processes/serve.js';
import { netChanges, type Change } from '../transfer/account-sql.js';
import { connect, MAX_BATCH } from './database.js';
import { commandTopic, replyTopic, type Command, type Reply } from './letters.js';
import { Post } from './post.js';
import { Stage } from './stage.js';
import { COMMIT, PREPARE } from './statements.js';

interface Setup {
  readonly brokers: string;
  readonly prefix: string;
  readonly name: string;
  readonly databaseUrl: string;
}

interface Branch {
  readonly gtx: string;
  readonly change: Change;
}

class FloorParticipant {
  /** Prepared here; a participant that restarted would read them from its guards. */
  private readonly prepared = new Map<string, Change>();
  private readonly prepares = new Stage<Branch>((batch) => this.prepare(batch), MAX_BATCH);
  private readonly commits = new Stage<Branch>((batch) => this.commit(batch), MAX_BATCH);

  constructor(
    private readonly post: Post,
    private readonly prepareClient: pg.Client,
    private readonly commitClient: pg.Client,
    private readonly replies: string,
  ) {}

  receive(commands: readonly Command[]): void {
    const prepares: Branch[] = [];
    const commits: Branch[] = [];
    for (const command of commands) {
      if (command.type === 'PREPARE') prepares.push(command);
      else commits.push({ gtx: command.gtx, change: this.prepared.get(command.gtx)! });
    }
    this.prepares.add(prepares);
    this.commits.add(commits);
  }

  private async prepare(batch: readonly Branch[]): Promise<void> {
    const { ids, amounts } = netChanges(batch.map(({ change }) => change));
    const payloads = batch.map(({ change }) => JSON.stringify(change));
    for (const { gtx, change } of batch) this.prepared.set(gtx, change);
    const values = [ids, amounts, batch.map(({ gtx }) => gtx), payloads];
    await this.prepareClient.query({ name: 'prepare', text: PREPARE, values });
    this.reply('VOTE', batch);
  }

  private async commit(batch: readonly Branch[]): Promise<void> {
    const { ids, amounts } = netChanges(batch.map(({ change }) => change));
    for (const { gtx } of batch) this.prepared.delete(gtx);
    const values = [ids, amounts, batch.map(({ gtx }) => gtx)];
    await this.commitClient.query({ name: 'commit', text: COMMIT, values });
    this.reply('ACK', batch);
  }

  private reply(type: Reply['type'], batch: readonly Branch[]): void {
    this.post.send(
      batch.map(({ gtx }) => ({ topic: this.replies, gtx, body: { type, gtx } satisfies Reply })),
    );
  }
}

async function start({ brokers, prefix, name, databaseUrl }: Setup): Promise<void> {
  const post = await Post.open(brokers, name);
  const clients = [await connect(databaseUrl), await connect(databaseUrl)] as const;
  const participant = new FloorParticipant(post, clients[0], clients[1], replyTopic(prefix));
  await post.read<Command>(commandTopic(prefix, name), (commands) => participant.receive(commands));
}

serve({ start });
