import type { Change } from '../transfer/account-sql.js';
import type { Answer, Branch, FloorDesk } from './branch.js';
import type { Command, Reply } from './letters.js';
import type { Outgoing } from './post.js';

/** Sorts commands by their phase; remembers what is prepared (after a restart it would be read from the guards). */
export class FloorParticipant {
  private readonly prepared = new Map<string, Change>();

  constructor(private readonly desk: FloorDesk) {}

  receive(commands: readonly Command[]): void {
    const prepares: Branch[] = [];
    const commits: Branch[] = [];
    for (const command of commands) {
      const { gtx } = command;
      if (command.type === 'PREPARE') {
        this.prepared.set(gtx, command.change);
        prepares.push(command);
      } else {
        commits.push({ gtx, change: this.prepared.get(gtx)! });
        this.prepared.delete(gtx);
      }
    }
    this.desk.prepare(prepares);
    this.desk.commit(commits);
  }
}

/** Answers to the coordinator. */
export const answerTo =
  (post: Outgoing, topic: string): Answer =>
  (type: Reply['type'], branches) =>
    post.send(branches.map(({ gtx }) => ({ topic, gtx, body: { type, gtx } satisfies Reply })));
