import { startStandby, startTcpProxy } from '#stack';
import type { Direction, LostReply, Standby, TcpProxy } from '#stack';
import { beforeDeadline } from '../support/deadline.js';
import { patient } from '../support/patience.js';
import { until } from '../../../crash/support/until.js';
import type { Chaos, Scenario } from '../support/chaos.js';
import type { Front } from '../support/front.js';
import { ownCable, SLOTS } from '../support/site.js';

const DOWN_MS = 1_000;
const SEEN_MS = 60_000;
/** How long a primary does not hear from its standby. */
const HANGS_MS = 2_000;

export const databaseStop: Scenario = {
  name: 'database-stop',
  title: 'each PostgreSQL stopped immediately (as a crash) and restarted',
  async strike(chaos) {
    const { ledger, shops, store } = chaos.site;
    for (let round = 0; round < chaos.rounds; round += 1) {
      for (const { server } of [ledger, shops, store]) {
        await chaos.load.more(5);
        await server.stop('immediate');
        chaos.kills += 1;
        await chaos.wait(DOWN_MS * chaos.dice.next());
        await server.restart();
      }
    }
    return `${3 * chaos.rounds} servers`;
  },
};

let standbys = 0;

/** A standby, and the cable by which it follows. */
interface Follower {
  readonly front: Front;
  readonly standby: Standby;
  readonly cable: TcpProxy;
}

async function followerOf(chaos: Chaos, front: Front): Promise<Follower> {
  const cable = await startTcpProxy(front.server.port);
  const dataDir = `${chaos.site.directory.path}/standby-${(standbys += 1)}`;
  const place = { dataDir, throughPort: cable.port, maxPreparedTransactions: SLOTS };
  return { front, cable, standby: await startStandby(front.server, { ...place, mode: 'synchronous' }) };
}

/** What the primary writes, or what the standby has of it, does not arrive: meanwhile no commit ends, and none may be told. */
async function cutOff(chaos: Chaos, { cable }: Follower, direction: Direction): Promise<void> {
  cable.drop(direction);
  await chaos.wait(HANGS_MS);
  cable.heal();
  await chaos.load.more(5);
}

async function failOver(chaos: Chaos, { front, standby, cable }: Follower): Promise<void> {
  await chaos.load.more(10);
  await front.failOver(standby);
  chaos.kills += 1;
  await cable.close();
}

export const failover: Scenario = {
  name: 'failover',
  title:
    "the coordinator's and a participant's database are cut off from their synchronous standbys, heal, and fail over to them",
  async strike(chaos) {
    const rounds = Math.min(2, chaos.rounds);
    const fronts = [chaos.site.ledger, chaos.site.shops];
    for (let round = 0; round < rounds; round += 1) {
      const followers = await Promise.all(fronts.map((front) => followerOf(chaos, front)));
      for (const [index, follower] of followers.entries()) {
        await cutOff(chaos, follower, (round + index) % 2 === 0 ? 'to-server' : 'to-client');
        await failOver(chaos, follower);
      }
    }
    return `${2 * rounds} standbys cut off, ${2 * rounds} failovers`;
  },
};

/** The statement that writes steps, with a COMMIT among its decisions; and the server saying that it is done with it. */
const DECISION: LostReply = {
  request: (bytes) => {
    const text = bytes.toString('latin1');
    return text.includes('ledger_commit_steps') && /[{,]COMMIT[,}]/.test(text);
  },
  reply: (bytes) => bytes.subarray(-6).equals(Buffer.from([0x5a, 0, 0, 0, 5, 0x49])),
};

/** On any of the cables, whichever carries it. */
async function loseNextDecision(cables: readonly TcpProxy[]): Promise<void> {
  const next = (): Promise<boolean> => Promise.race(cables.map((cable) => cable.loseReply(DECISION)));
  try {
    await beforeDeadline(patient(SEEN_MS), async () => 'no decision was written', next);
  } finally {
    for (const cable of cables) cable.spare();
  }
}

export const lostCommitReply: Scenario = {
  name: 'lost-commit-reply',
  title: "the answer to the decision's COMMIT swallowed, the connection cut",
  async strike(chaos) {
    const cables = [chaos.site.ledger.cable(), ownCable(chaos.site, 'coordinator-1')];
    const times = 4 * chaos.rounds;
    for (let time = 0; time < times; time += 1) {
      await loseNextDecision(cables);
    }
    return `${times} answers lost`;
  },
};

const FOREIGN = 'foreign';

const prepareForeign = (index: number): string =>
  `BEGIN; SELECT pg_current_xact_id(); PREPARE TRANSACTION '${FOREIGN}-${index}'`;

export const slotsExhausted: Scenario = {
  name: 'slots',
  title: 'prepared slots exhausted by somebody else, who is not touched',
  async strike(chaos) {
    const { site } = chaos;
    await chaos.load.more(5);
    const taken = Array.from({ length: SLOTS }, (_, index) => index);
    // In the database of orders, whose style prepares nothing: these are nobody's that the watchdog knows.
    for (const index of taken) await until('a slot is free', patient(SEEN_MS), () => take(chaos, index));
    await until('a branch was refused for want of a slot', patient(SEEN_MS), async () => {
      const text = `SELECT 1 FROM concordat.transaction WHERE attempts::text LIKE '%SLOTS%' LIMIT 1`;
      return (await site.query('coordinator', text)).length > 0;
    });
    const left = (await site.preparedGids()).filter((gid) => gid.startsWith(FOREIGN)).length;
    if (left !== taken.length)
      throw new Error(`${taken.length - left} foreign prepared transactions were ended`);
    for (const index of taken) await site.query('orders', `ROLLBACK PREPARED '${FOREIGN}-${index}'`);
    return `${taken.length} of ${SLOTS} slots taken`;
  },
};

async function take(chaos: Chaos, index: number): Promise<boolean> {
  try {
    await chaos.site.query('orders', prepareForeign(index));
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === '53200') return false;
    throw error;
  }
}
