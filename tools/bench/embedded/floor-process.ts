/* The floor of an embedded installation: everything in one process, letters by a queue. */
import type { Workload } from '../contenders/contender.js';
import { driveFloor } from '../floor/drive-floor.js';
import { FloorCoordinator } from '../floor/floor-coordinator.js';
import { answerTo, FloorParticipant } from '../floor/floor-participant.js';
import type { Command, Reply } from '../floor/letters.js';
import { tccDesk } from '../floor/tcc-desk.js';
import { serve } from '../processes/serve.js';
import { LocalPost } from './local-post.js';

export interface EmbeddedSetup {
  readonly ledgerUrl: string;
  /** URLs of the participants' databases, by name. */
  readonly banks: Readonly<Record<string, string>>;
}

const REPLIES = 'replies';

let coordinator: FloorCoordinator | undefined;

async function start({ ledgerUrl, banks }: EmbeddedSetup): Promise<void> {
  const post = new LocalPost();
  for (const [name, databaseUrl] of Object.entries(banks)) {
    const participant = new FloorParticipant(await tccDesk(databaseUrl, answerTo(post, REPLIES)));
    post.read<Command>(name, (commands) => participant.receive(commands));
  }
  const opened = await FloorCoordinator.open(post, Object.keys(banks), ledgerUrl);
  post.read<Reply>(REPLIES, (replies) => opened.receive(replies));
  coordinator = opened;
}

async function drive(workload: Workload): Promise<unknown> {
  if (coordinator === undefined) throw new Error('drive before start');
  return driveFloor(coordinator, workload);
}

serve({ start, drive });
