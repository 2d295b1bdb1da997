/* A participant of the floor: the same SQL and records as a branch costs, and no protocol. */
import { serve } from '../processes/serve.js';
import type { Change } from '../transfer/account-sql.js';
import type { Branch, FloorDesk } from './branch.js';
import { commandTopic, replyTopic, type Command, type Reply } from './letters.js';
import { Post } from './post.js';
import { tccDesk } from './tcc-desk.js';
import { xaDesk } from './xa-desk.js';

export interface FloorParticipantSetup {
  readonly style: 'tcc' | 'xa';
  readonly brokers: string;
  readonly prefix: string;
  readonly name: string;
  readonly databaseUrl: string;
}

/** What is prepared; after a restart it would be read from the guards. */
const prepared = new Map<string, Change>();

function receive(desk: FloorDesk, commands: readonly Command[]): void {
  const prepares: Branch[] = [];
  const commits: Branch[] = [];
  for (const command of commands) {
    const { gtx } = command;
    if (command.type === 'PREPARE') {
      prepared.set(gtx, command.change);
      prepares.push(command);
    } else {
      commits.push({ gtx, change: prepared.get(gtx)! });
      prepared.delete(gtx);
    }
  }
  desk.prepare(prepares);
  desk.commit(commits);
}

async function start({ style, brokers, prefix, name, databaseUrl }: FloorParticipantSetup): Promise<void> {
  const post = await Post.open(brokers, name);
  const topic = replyTopic(prefix);
  const answer = (type: Reply['type'], branches: readonly Branch[]): void =>
    post.send(branches.map(({ gtx }) => ({ topic, gtx, body: { type, gtx } satisfies Reply })));
  const desk = await { tcc: tccDesk, xa: xaDesk }[style](databaseUrl, answer, name);
  await post.read<Command>(commandTopic(prefix, name), (commands) => receive(desk, commands));
}

serve({ start });
