/* Coordinator and client of the floor in one process. */
import type { Workload } from '../contenders/contender.js';
import { serve } from '../processes/serve.js';
import { driveFloor } from './drive-floor.js';
import { FloorCoordinator } from './floor-coordinator.js';
import { commandTopic, replyTopic, type Reply } from './letters.js';
import { Post } from './post.js';

export interface FloorClientSetup {
  readonly brokers: string;
  readonly prefix: string;
  readonly participants: readonly string[];
  readonly databaseUrl: string;
}

let coordinator: FloorCoordinator | undefined;

async function start({ brokers, prefix, participants, databaseUrl }: FloorClientSetup): Promise<void> {
  const post = await Post.open(brokers, prefix);
  const topics = participants.map((name) => commandTopic(prefix, name));
  const opened = await FloorCoordinator.open(post, topics, databaseUrl);
  await post.read<Reply>(replyTopic(prefix), (replies) => opened.receive(replies));
  coordinator = opened;
}

async function drive(workload: Workload): Promise<unknown> {
  if (coordinator === undefined) throw new Error('drive before start');
  return driveFloor(coordinator, workload);
}

serve({ start, drive });
