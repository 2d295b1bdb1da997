import { describe, expect, it } from '@jest/globals';
import { BusError } from '#messaging';
import type { Bus, OutgoingRecord } from '#messaging';
import { noFaultPoints, silentLog } from '#observability';
import { Fallback, Mode, StepKind, begin, driveOf, newlyOutstanding } from '#protocol';
import { topicNames } from '#wire';
import { afterLedger } from './durable.js';
import { Relay } from './relay.js';

const topics = topicNames('concordat');

function world({ readsPacks = (_participant: string): boolean => true } = {}) {
  const arrived: OutgoingRecord[] = [];
  const publish = async (records: readonly OutgoingRecord[]): Promise<void> => {
    if (records.some(({ topic }) => topic === topics.command('ghost')))
      throw new BusError('UNKNOWN_TOPIC', 'There is no such topic', true);
    arrived.push(...records);
  };
  const bus = { publish } as unknown as Bus;
  const deps = { bus, topics, faults: noFaultPoints, log: silentLog };
  return {
    arrived,
    relay: new Relay({ ...deps, readsPacks, replyPartition: () => 0, ledgerEpoch: () => 1 }),
  };
}

/** The PREPAREs of a new transaction with a branch at each participant. */
function prepares(gtx: string, ...participants: readonly string[]) {
  const branches = participants.map((participant) => {
    return { id: participant, participant, operation: 'add', payload: null, kind: StepKind.Compensatable };
  });
  const tx = begin({
    gtx,
    mode: Mode.TwoPhase,
    fallback: Fallback.None,
    timeoutMs: 1,
    ledgerEpoch: 1,
    branches,
  });
  const commands = newlyOutstanding(null, driveOf(tx));
  return afterLedger({
    ...{ tx, commands, announce: [], final: false },
    ...{ initiator: null, traceparent: null, budgetMs: 1 },
  });
}

describe('a participant that does not read packs', () => {
  it('gets a record for each command', async () => {
    const { relay, arrived } = world({ readsPacks: (participant) => participant !== 'stock' });

    await relay.send([prepares('tx-1', 'stock', 'money'), prepares('tx-2', 'stock', 'money')]);
    await relay.drain();

    expect(arrived.map(({ headers }) => `${headers['participant']} ${headers['type']}`)).toEqual([
      'stock PREPARE',
      'stock PREPARE',
      'money PACK',
    ]);
  });
});

describe('a participant that announced itself and has no topic', () => {
  it('keeps no command from the others of the same step', async () => {
    const { relay, arrived } = world();

    await relay.send([prepares('tx-1', 'ghost', 'stock'), prepares('tx-2', 'stock', 'money')]);
    await relay.drain();

    expect(arrived.map(({ topic, key }) => `${topic} ${key}`)).toEqual([
      `${topics.command('stock')} tx-1`,
      `${topics.command('money')} tx-2`,
    ]);
  });
});
