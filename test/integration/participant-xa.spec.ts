/** The xa executor over a real PostgreSQL: real PREPARE TRANSACTION, processes that die between any two steps, a killed server. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { systemRandom, type FaultPoint } from '#observability';
import { startParticipantServer, type ParticipantServer } from './persistence/participant-server.js';
import { DyingProcess, type ProcessOptions } from './participant/dying-process.js';
import {
  balanceCheck, balanceOf, charge, commandsFor, createBusiness, gidsOf, hold, openAccount, rowOf, timesOf,
} from './participant/payments.js'; // prettier-ignore

const SLOTS = 6;
let server: ParticipantServer;
const processes: DyingProcess[] = [];

beforeAll(async () => {
  server = await startParticipantServer(SLOTS);
  await createBusiness(server);
});
afterEach(async () => {
  await Promise.all(processes.splice(0).map((process) => process.close()));
});
afterAll(() => server.stop());

function process(options: ProcessOptions = {}): DyingProcess {
  const made = new DyingProcess(server, [charge, balanceCheck, hold], options);
  processes.push(made);
  return made;
}

async function branch(balance = 100) {
  const gtx = systemRandom.uuidv7();
  await openAccount(server, gtx, balance);
  return { gtx, ...commandsFor(gtx, gtx) };
}

describe('an xa branch', () => {
  it('is prepared invisibly, and applied once by COMMIT, however often both come', async () => {
    const { gtx, prepare, commit } = await branch();
    const one = process();

    const votes = [...(await one.deliver(prepare())), ...(await one.deliver(prepare()))];
    expect(votes).toMatchObject([{ vote: 'YES', output: { balance: 90 } }, { vote: 'YES' }]);
    expect([await gidsOf(server, gtx), await rowOf(server, gtx), await balanceOf(server, gtx)]).toEqual([
      1,
      null,
      100,
    ]);

    const acks = [...(await one.deliver(commit)), ...(await one.deliver(commit))];
    expect(acks).toMatchObject([
      { state: 'COMMITTED', output: { balance: 90 } },
      { state: 'COMMITTED', output: { balance: 90 } },
    ]);
    expect([await gidsOf(server, gtx), await rowOf(server, gtx), await balanceOf(server, gtx)]).toEqual([
      0,
      'COMMITTED',
      90,
    ]);
  });

  it('is undone by ABORT, and never prepared after it', async () => {
    const { gtx, prepare, abort } = await branch();
    const one = process();
    await one.deliver(prepare());

    expect(await one.deliver(abort)).toMatchObject([{ state: 'ABORTED' }]);
    expect(await one.deliver(prepare())).toMatchObject([{ vote: 'NO', noCode: 'FENCED' }]);
    expect([await gidsOf(server, gtx), await rowOf(server, gtx), await balanceOf(server, gtx)]).toEqual([
      0,
      'ABORTED',
      100,
    ]);
  });

  it('that is refused, or only reads, holds nothing', async () => {
    const poor = await branch(5);
    const reader = await branch();
    const one = process();

    expect(await one.deliver(poor.prepare())).toMatchObject([
      { vote: 'NO', noCode: 'REFUSED', code: 'INSUFFICIENT_FUNDS' },
    ]);
    expect(await one.deliver(reader.prepare('check'))).toMatchObject([
      { vote: 'READ_ONLY', output: { balance: 100 } },
    ]);
    expect([await gidsOf(server, poor.gtx), await gidsOf(server, reader.gtx)]).toEqual([0, 0]);
    expect(await one.deliver(reader.commit)).toMatchObject([{ state: 'READ_ONLY' }]);
  });

  it('votes NO(LOCK_TIMEOUT) when a stranger keeps its row, and YES once that one is gone', async () => {
    const first = await branch();
    const second = { ...(await branch()), ...commandsFor(systemRandom.uuidv7(), first.gtx) };
    const one = process();
    await one.deliver(first.prepare());

    expect(await one.deliver(second.prepare())).toMatchObject([{ vote: 'NO', noCode: 'LOCK_TIMEOUT' }]);
    await one.deliver(first.commit);
    expect(await one.deliver(second.prepare())).toMatchObject([{ vote: 'YES' }]);
    await one.deliver(second.abort);
  });

  it('votes NO(SLOTS) when the server has no slot left', async () => {
    const branches = await Promise.all(Array.from({ length: SLOTS + 1 }, () => branch()));
    const one = process();

    const votes = await one.deliver(...branches.map(({ prepare }) => prepare()));
    const noes = votes.filter((vote) => 'vote' in vote && vote.vote === 'NO');

    expect(noes).toMatchObject([{ noCode: 'SLOTS' }]);
    await one.deliver(...branches.map(({ abort }) => abort));
    const left = await server.query('one', 'SELECT 1 FROM pg_prepared_xacts');
    expect(left).toEqual([]);
  });
});

describe('a process that dies', () => {
  it.each(['P1', 'P2'] as const)(
    'before it prepared (%s) leaves nothing; its heir votes by working',
    async (dieAt) => {
      const { gtx, prepare, commit } = await branch();
      const victim = process({ dieAt });
      await victim.deliverAndDie(prepare());
      expect([await gidsOf(server, gtx), victim.replies]).toEqual([0, []]);

      const heir = process();
      expect(await heir.deliver(prepare())).toMatchObject([{ vote: 'YES' }]);
      await heir.deliver(commit);
      expect([await timesOf(server, gtx, 'charged'), await balanceOf(server, gtx)]).toEqual([1, 90]);
    },
  );

  it('after it prepared and before it voted (P3) is spoken for by its heir at start', async () => {
    const { gtx, prepare, commit } = await branch();
    const victim = process({ dieAt: 'P3' });
    await victim.deliverAndDie(prepare());
    expect([await gidsOf(server, gtx), victim.replies]).toEqual([1, []]);

    const heir = process();
    await heir.participant.start();
    expect(await heir.deliver(prepare())).toContainEqual(expect.objectContaining({ gtx, vote: 'YES' }));
    expect(heir.replies.filter((reply) => reply.type === 'VOTE')).toHaveLength(2);
    await heir.deliver(commit);
    expect([await timesOf(server, gtx, 'charged'), await balanceOf(server, gtx)]).toEqual([1, 90]);
    await heir.participant.stop();
  });

  it('between COMMIT PREPARED and its ACK (P6) is acknowledged by its heir, from the row', async () => {
    const { gtx, prepare, commit } = await branch();
    const victim = process({ dieAt: 'P6' });
    await victim.deliver(prepare());
    await victim.deliverAndDie(commit);
    expect([await rowOf(server, gtx), victim.replies.filter(({ type }) => type === 'ACK')]).toEqual([
      'COMMITTED',
      [],
    ]);

    expect(await process().deliver(commit)).toMatchObject([{ state: 'COMMITTED' }]);
    expect(await balanceOf(server, gtx)).toBe(90);
  });

  it('between ROLLBACK PREPARED and the tombstone (P8) has not acknowledged; its heir plants it', async () => {
    const { gtx, prepare, abort } = await branch();
    const victim = process({ dieAt: 'P8' });
    await victim.deliver(prepare());
    await victim.deliverAndDie(abort);
    expect([await gidsOf(server, gtx), await rowOf(server, gtx)]).toEqual([0, null]);
    expect(victim.replies.filter(({ type }) => type === 'ACK')).toEqual([]);

    const heir = process();
    // The redelivered PREPARE slips in first: the abort loop takes it back.
    expect(await heir.deliver(prepare())).toMatchObject([{ vote: 'YES' }]);
    expect(await heir.deliver(abort)).toMatchObject([{ state: 'ABORTED' }]);
    expect([await gidsOf(server, gtx), await rowOf(server, gtx), await balanceOf(server, gtx)]).toEqual([
      0,
      'ABORTED',
      100,
    ]);
  });

  it.each([
    ['S1', 'action', 'acted', 90],
    ['S4', 'compensate', 'compensated', 100],
  ] as const)(
    'between a saga step and its RESULT (%s) did it once',
    async (dieAt: FaultPoint, step, effect, balance) => {
      const commands = await branch();
      const victim = process({ dieAt });
      if (step === 'compensate') await process().deliver(commands.action());
      await victim.deliverAndDie(commands[step]());

      expect(await process().deliver(commands[step]())).toMatchObject([{ type: 'RESULT', result: 'DONE' }]);
      expect([await timesOf(server, commands.gtx, effect), await balanceOf(server, commands.gtx)]).toEqual([
        1,
        balance,
      ]);
    },
  );
});

describe('two processes', () => {
  it('with the same PREPARE at once never vote a needless NO, and prepare once', async () => {
    const { gtx, prepare, commit } = await branch();
    const [one, other] = [process({ lockTimeoutMs: 2_000 }), process({ lockTimeoutMs: 2_000 })];

    const votes = (await Promise.all([one.deliver(prepare()), other.deliver(prepare())])).flat();

    expect(votes).toMatchObject([{ vote: 'YES' }, { vote: 'YES' }]);
    expect(await gidsOf(server, gtx)).toBe(1);
    await Promise.all([one.deliver(commit), other.deliver(commit)]);
    expect([await timesOf(server, gtx, 'charged'), await balanceOf(server, gtx)]).toEqual([1, 90]);
  });

  it('that finish the same branch both acknowledge it', async () => {
    const { gtx, prepare, commit } = await branch();
    const [one, other] = [process(), process()];
    await one.deliver(prepare());

    const acks = (await Promise.all([one.deliver(commit), other.deliver(commit)])).flat();

    expect(acks).toMatchObject([{ state: 'COMMITTED' }, { state: 'COMMITTED' }]);
    expect(await balanceOf(server, gtx)).toBe(90);
  });

  it('with ABORT here and PREPARE there end without anything prepared, whoever comes first', async () => {
    const branches = await Promise.all(Array.from({ length: SLOTS }, () => branch()));
    const [one, other] = [process(), process()];

    const races = branches.map(async ({ prepare, abort }, index) => {
      const order = [() => one.take(prepare()), () => other.take(abort)];
      await Promise.all((index % 2 === 0 ? order : order.reverse()).map((start) => start()));
    });
    await Promise.all(races);
    await other.take(...branches.map(({ abort }) => abort));

    for (const { gtx } of branches) {
      expect([await gidsOf(server, gtx), await rowOf(server, gtx), await balanceOf(server, gtx)]).toEqual([
        0,
        'ABORTED',
        100,
      ]);
    }
  });
});

describe('the fallback of a prepared branch', () => {
  it('rolls it back, runs the action once, and refuses the late PREPARE', async () => {
    const { gtx, prepare, abort, action, compensate } = await branch();
    const one = process();
    await one.deliver(prepare());

    expect(await one.deliver(action())).toMatchObject([{ result: 'DONE', output: { balance: 90 } }]);
    expect(await one.deliver(prepare())).toMatchObject([{ vote: 'NO', noCode: 'FENCED' }]);
    expect(await one.deliver(abort)).toMatchObject([{ state: 'ABORTED', attempt: 1 }]);
    expect([
      await gidsOf(server, gtx),
      await timesOf(server, gtx, 'charged'),
      await balanceOf(server, gtx),
    ]).toEqual([0, 0, 90]);
    expect(await one.deliver(compensate())).toMatchObject([{ result: 'DONE', state: 'COMPENSATED' }]);
    expect(await balanceOf(server, gtx)).toBe(100);
  });

  it('is stronger than a PREPARE that comes again and again in another process', async () => {
    const { gtx, prepare, action } = await branch();
    const [one, other] = [process(), process()];
    await one.deliver(prepare());

    const [results] = await Promise.all([
      one.deliver(action()),
      other.take(prepare()),
      other.take(prepare()),
    ]);
    const settled =
      results[0]?.type === 'RESULT' && results[0].result === 'RETRY' ? await one.deliver(action()) : results;

    expect(settled).toMatchObject([{ result: 'DONE' }]);
    expect([await gidsOf(server, gtx), await balanceOf(server, gtx), await rowOf(server, gtx, 2)]).toEqual([
      0,
      90,
      'DONE',
    ]);
  });
});

describe('a server that is killed', () => {
  it('keeps what is prepared; meanwhile nothing is voted, and afterwards everything goes on', async () => {
    const prepared = await branch();
    const late = await branch();
    const one = process();
    await one.deliver(prepared.prepare());
    const before = one.replies.length;

    await server.postgres.kill9();
    await expect(one.take(prepared.commit, late.prepare())).rejects.toThrow();
    expect(one.replies).toHaveLength(before);

    await server.postgres.restart();
    const replies = await one.deliver(prepared.commit, late.prepare());
    expect(replies).toContainEqual(expect.objectContaining({ gtx: prepared.gtx, state: 'COMMITTED' }));
    expect(replies).toContainEqual(expect.objectContaining({ gtx: late.gtx, vote: 'YES' }));
    await one.deliver(late.abort);
    expect([await balanceOf(server, prepared.gtx), await balanceOf(server, late.gtx)]).toEqual([90, 100]);
  });

  it('whose sessions only broke costs no vote: the participant looks again', async () => {
    const { gtx, prepare, commit } = await branch();
    const one = process();
    await one.deliver(prepare());
    await one.endSessions();

    expect(await one.deliver(commit)).toMatchObject([{ state: 'COMMITTED' }]);
    expect(await balanceOf(server, gtx)).toBe(90);
  });
});

describe('a batch of tcc branches', () => {
  it('reserves, refuses and gives back in one statement a phase', async () => {
    const branches = await Promise.all([100, 5, 100, 100].map((balance) => branch(balance)));
    const one = process();

    const votes = await one.deliver(...branches.map(({ prepare }) => prepare('hold')));
    expect(votes.map((vote) => 'vote' in vote && vote.vote)).toEqual(['YES', 'NO', 'YES', 'YES']);

    const [first, second, third, fourth] = branches;
    await one.deliver(first!.commit, second!.abort, third!.abort, fourth!.commit);
    await one.deliver(first!.commit, third!.abort);
    expect(await Promise.all(branches.map(({ gtx }) => balanceOf(server, gtx)))).toEqual([90, 5, 100, 90]);
    expect(await Promise.all(branches.map(({ gtx }) => rowOf(server, gtx)))).toEqual([
      'COMMITTED',
      'ABORTED',
      'ABORTED',
      'COMMITTED',
    ]);
  });
});

describe('a server with max_prepared_transactions = 0', () => {
  it('is refused at start by a participant that uses xa, with setting, value and remedy', async () => {
    const off = await startParticipantServer(0);
    const one = new DyingProcess(off, [charge]);
    try {
      await expect(one.participant.start()).rejects.toMatchObject({
        code: 'CONCORDAT_PREPARED_TRANSACTIONS_DISABLED',
        message: expect.stringMatching(/max_prepared_transactions = 0.*restart/s),
      });
    } finally {
      await one.close();
      await off.stop();
    }
  });
});
