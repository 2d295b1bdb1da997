import type { Scenario } from '../support/chaos.js';
import { allBrokers, leaderKill } from './brokers.js';
import { databaseStop, failover, lostCommitReply, slotsExhausted } from './databases.js';
import { diskFull } from './disk-full.js';
import { partitions } from './partitions.js';
import { killStorm, pauses, rebalanceStorm } from './processes.js';
import { replay } from './replay.js';

/** In the order in which they run: all on one installation. */
export const SCENARIOS: readonly Scenario[] = [
  killStorm,
  leaderKill,
  allBrokers,
  pauses,
  databaseStop,
  failover,
  diskFull,
  slotsExhausted,
  lostCommitReply,
  partitions,
  replay,
  rebalanceStorm,
];
