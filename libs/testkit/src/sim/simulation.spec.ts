import { describe, expect, it, jest } from '@jest/globals';
import { CHECKS, markOf, violations } from './checks.js';
import { markKey } from './operations.js';
import { experiment, simulate } from './simulate.js';

// A minute of simulated time is a second or two of a processor that has nothing else to do; a busy one is not a failure.
jest.setTimeout(240_000);
const TRANSACTIONS = 30;

describe('a seed is a history', () => {
  it('the same to the last event when it is played again', async () => {
    const [first, again] = [
      await simulate({ seed: 7, transactions: TRANSACTIONS }),
      await simulate({ seed: 7, transactions: TRANSACTIONS }),
    ];

    expect(again.digest).toBe(first.digest);
    expect(again.events).toBe(first.events);
    expect([...again.counts]).toEqual([...first.counts]);
  });

  it('and another seed is another one', async () => {
    const digests = [
      await simulate({ seed: 1, transactions: 5 }),
      await simulate({ seed: 2, transactions: 5 }),
    ];
    expect(digests[0]?.digest).not.toBe(digests[1]?.digest);
  });
});

/**
 * Seeds that found something once, in the shapes that were drawn then; their histories are others since. What they found is told
 * beside them.
 */
describe.each([
  [3, 100, 256, 'an id that one coordinator accepted was refused by another, whose clock was an hour off'],
  [17, 150, 256, 'the same, over Kafka: an outbox heard REJECTED of a transaction that ran'],
  [11, 100, 1, 'loss, doubles and disorder on the bus, and prepared work ended by hand'],
  [28, 80, 256, 'a driver that was replaced kept an acknowledgement in memory that nobody else could hear'],
  [
    100,
    1_600,
    8,
    'a participant full of commands that waited for locks did not read the decisions that would free them',
  ],
  [
    103,
    800,
    64,
    'batches that waited for locks kept the next ones unread, and were then done one after another',
  ],
  [7003, 1_800, 8, 'an ACCEPTED that was held up past the last fault put off the question for the outcome'],
  [
    178_754_033,
    1_800,
    1,
    'an end was read again after one crash of the ledger, forgotten, and lost in the next crash 169 ms later',
  ],
  [
    542_731_776,
    1_800,
    256,
    'a step that met the locks of an orphan was asked again ever more rarely after they were gone',
  ],
  [904_532_788, 1_800, 256, 'a second ACCEPTED, after a crash, put off the question for the outcome'],
  [
    287_089_370,
    2_400,
    256,
    'an ACCEPTED that waited for the partitions of a dead outbox to be given away put off the question for the outcome',
  ],
  [
    55_391_659,
    1_800,
    1,
    'a process died of weather that had passed, and the simulation never started it again',
  ],
  [42, 100, 256, 'rebalances under crashes at writes and lost answers'],
])('seed %i (%i transactions in bursts of %i): %s', (seed, transactions, burst) => {
  it('keeps every invariant and comes to rest', async () => {
    expect((await simulate({ seed, transactions, shape: { burst } })).violations).toEqual([]);
  });
});

describe('the checks see what is wrong', () => {
  async function atRest() {
    const { findings } = await experiment({ seed: 5, transactions: TRANSACTIONS });
    expect(violations(findings)).toEqual([]);
    const { site, journal } = findings;
    const entry = journal.find(({ gtx, branches }) =>
      branches.some((branch) => markOf(site, gtx, branch).effect === 1),
    )!;
    const branch = entry.branches.find((one) => markOf(site, entry.gtx, one).effect === 1)!;
    const database = site.server(branch.participant).database(branch.participant);
    return { findings, entry, branch, database };
  }
  const found = (findings: Parameters<typeof violations>[0], check: string) => CHECKS[check]!(findings);

  it('an effect that is missing, one that is there twice, and a sum that is off', async () => {
    const { findings, entry, branch, database } = await atRest();
    const mark = markOf(findings.site, entry.gtx, branch);
    const at = `business|${markKey(entry.gtx, branch.id)}`;

    database.apply(new Map([[at, { ...mark, effect: 0, done: 0 }]]));
    expect(found(findings, 'I5 effects exactly once')).toHaveLength(1);
    expect(found(findings, 'I6 sums')).not.toEqual([]);
    database.apply(new Map([[at, { ...mark, effect: 2, done: 2 }]]));
    expect(found(findings, 'I5 effects exactly once')).toHaveLength(1);
  });

  it('a transaction that is gone, and an answer that was not true', async () => {
    const { findings, entry } = await atRest();
    entry.told = 'aborted';
    expect(found(findings, 'I2 I9 I10 client truth')).toHaveLength(1);
    findings.site.ledgerStore.delete(entry.gtx);
    expect(found(findings, 'I3 nothing lost')).toHaveLength(1);
    expect(found(findings, 'I1 atomic outcome')).not.toEqual([]);
  });

  it('work that stays prepared', async () => {
    const { findings, entry, branch, database } = await atRest();
    const row = { gtx: entry.gtx, branch: branch.id, attempt: 1, state: 'PREPARED' };
    database.apply(new Map([['branch|planted', row]]) as never);
    expect(found(findings, 'I4 I14 nothing prepared')).toHaveLength(1);
  });
});
