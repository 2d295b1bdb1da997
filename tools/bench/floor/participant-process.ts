/* A participant of the floor: the same SQL and records as a branch costs, and no protocol. */
import { serve } from '../processes/serve.js';
import { answerTo, FloorParticipant } from './floor-participant.js';
import { commandTopic, replyTopic, type Command } from './letters.js';
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

async function start({ style, brokers, prefix, name, databaseUrl }: FloorParticipantSetup): Promise<void> {
  const post = await Post.open(brokers, name);
  const openDesk = { tcc: tccDesk, xa: xaDesk }[style];
  const participant = new FloorParticipant(
    await openDesk(databaseUrl, answerTo(post, replyTopic(prefix)), name),
  );
  await post.read<Command>(commandTopic(prefix, name), (commands) => participant.receive(commands));
}

serve({ start });
