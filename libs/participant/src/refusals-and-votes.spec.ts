import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { readBusiness } from '#persistence';
import { decodeReplies, encodeReply } from '#wire';
import {
  businessOf,
  amountSchema,
  Bench,
  commit,
  prepare,
  xaOperation,
  action,
} from './fixtures/participant.fixture.js';
import type { OperationDefinition, SingleStep } from './operations/operation.js';
import { ReadOnly, Refused } from './operations/refused.js';

const xaOf = (one: SingleStep<unknown>['one']): OperationDefinition => ({
  name: 'charge',
  xa: { schema: amountSchema, work: { one } },
});
const nothing = { one: async () => undefined };

describe('a refusal', () => {
  it.each(['charge', 'reserve'])(
    'is NO(REFUSED) with its code and changes no business data (%s)',
    async (operation) => {
      const bench = new Bench();

      const votes = await bench.send(prepare(operation, { payload: { amount: -1 } }));

      expect(votes).toMatchObject([
        { vote: 'NO', noCode: 'REFUSED', code: 'NEGATIVE', message: 'no amount of -1' },
      ]);
      expect([bench.count('charged'), bench.count('tried')]).toEqual([0, 0]);
      expect(await bench.gids()).toEqual([]);
    },
  );

  it('of a tcc try leaves its tombstone in the same transaction and is repeated word by word', async () => {
    const bench = new Bench();
    const first = await bench.send(prepare('reserve', { payload: { amount: -1 } }));

    expect(await bench.row()).toMatchObject({ state: 'ABORTED', error: { code: 'NEGATIVE' } });
    expect(await bench.send(prepare('reserve', { payload: { amount: -1 } }))).toEqual(first);
  });

  it.each([
    ['PREPARE', prepare('reserve')],
    ['ACTION', action('reserve')],
  ])('of %s takes back what the handler wrote, and nothing else', async (_name, command) => {
    const writesThenRefuses = {
      one: async (context: Parameters<typeof businessOf>[0]) => {
        await businessOf(context).put('written', true);
        throw new Refused('LATE', 'thought better of it');
      },
    };
    const bench = new Bench({
      operations: [
        {
          name: 'reserve',
          tcc: { schema: amountSchema, try: writesThenRefuses, confirm: nothing, cancel: nothing },
          saga: { schema: amountSchema, action: writesThenRefuses },
        },
      ],
    });

    expect(await bench.send(command)).toMatchObject([{ code: 'LATE' }]);
    expect(readBusiness(bench.server.database('shop'), 'written')).toBeUndefined();
    expect((await bench.row())?.error).toMatchObject({ code: 'LATE' });
  });

  it('of a payload with a thousand faults still fits a vote', async () => {
    const strict = z.record(z.string(), z.number());
    const bench = new Bench({
      operations: [{ name: 'charge', xa: { schema: strict, work: nothing } }],
    });
    const payload = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`field-${n}`, 'no number']));

    const [vote] = await bench.send(prepare('charge', { payload }));

    expect(decodeReplies(encodeReply(vote!))[0]).toMatchObject({
      ok: true,
      message: { noCode: 'INVALID_PAYLOAD' },
    });
  });

  it('of a message of 100 kB is cut and still a vote', async () => {
    const bench = new Bench({
      operations: [xaOf(() => Promise.reject(new Refused('LONG', 'x'.repeat(100_000))))],
    });

    const [vote] = await bench.send(prepare('charge'));

    expect(vote).toMatchObject({ code: 'LONG', message: 'x'.repeat(1024) });
  });

  it('never borrows a code of the protocol, also when it is repeated', async () => {
    const step = { one: async () => Promise.reject(new Refused('EXPIRED', 'the offer is over')) };
    const bench = new Bench({
      operations: [
        { name: 'reserve', tcc: { schema: amountSchema, try: step, confirm: nothing, cancel: nothing } },
      ],
    });
    await bench.send(prepare('reserve'));

    expect(await bench.send(prepare('reserve'))).toMatchObject([{ noCode: 'REFUSED', code: 'EXPIRED' }]);
  });
});

describe('a vote', () => {
  it('is READ_ONLY where an xa handler wrote nothing; its row stays and COMMIT acknowledges it', async () => {
    const bench = new Bench({
      operations: [
        xaOf(async (context) => {
          await businessOf(context).get('price');
          return { price: 3 };
        }),
      ],
    });

    const votes = await bench.send(prepare('charge'));
    const again = await bench.send(prepare('charge'));

    expect(votes).toMatchObject([{ vote: 'READ_ONLY', output: { price: 3 } }]);
    expect(again).toEqual(votes);
    expect(await bench.row()).toMatchObject({ state: 'READ_ONLY' });
    expect(await bench.gids()).toEqual([]);
    expect(await bench.send(commit())).toMatchObject([{ type: 'ACK', state: 'READ_ONLY' }]);
  });

  it('is READ_ONLY where a tcc try says that it reserved nothing', async () => {
    const readOnly = { one: async () => new ReadOnly({ price: 3 }) };
    const bench = new Bench({
      operations: [
        { name: 'reserve', tcc: { schema: amountSchema, try: readOnly, confirm: nothing, cancel: nothing } },
      ],
    });

    expect(await bench.send(prepare('reserve'))).toMatchObject([{ vote: 'READ_ONLY', output: { price: 3 } }]);
  });

  it('carries the output of the handler, and so do its repetition and the acknowledgement', async () => {
    const output = {
      one: async (context: Parameters<typeof businessOf>[0]) => (
        await businessOf(context).put('k', 1),
        { no: 7 }
      ),
    };
    const bench = new Bench({
      operations: [
        { name: 'charge', xa: { schema: amountSchema, work: output } },
        { name: 'reserve', tcc: { schema: amountSchema, try: output, confirm: nothing, cancel: nothing } },
      ],
    });
    await bench.send(prepare('reserve'));
    expect(await bench.send(prepare('reserve'))).toMatchObject([{ vote: 'YES', output: { no: 7 } }]);
    expect(await bench.send(commit())).toMatchObject([{ output: { no: 7 } }]);

    expect(await bench.send(prepare('charge', { branch: 'x' }))).toMatchObject([
      { vote: 'YES', output: { no: 7 } },
    ]);
    expect(await bench.send(commit({ branch: 'x' }))).toMatchObject([{ output: { no: 7 } }]);
  });

  it('is NO(INVALID_PAYLOAD) before the handler runs', async () => {
    const bench = new Bench();

    const votes = await bench.send(
      prepare('charge', { payload: {} }),
      prepare('reserve', { branch: 'b2', payload: 'x' }),
    );

    expect(votes).toMatchObject([{ noCode: 'INVALID_PAYLOAD' }, { noCode: 'INVALID_PAYLOAD' }]);
    expect(votes.map((vote) => 'message' in vote && vote.message)).toContainEqual(
      expect.stringContaining('/amount'),
    );
  });

  it('is NO(NO_2PC) for an operation that runs only as a saga step', async () => {
    const bench = new Bench();
    expect(await bench.send(prepare('ship'))).toMatchObject([{ noCode: 'NO_2PC' }]);
  });

  it('is NO(ERROR) for an unknown operation and says its name', async () => {
    const bench = new Bench();
    expect(await bench.send(prepare('paint'))).toMatchObject([
      { noCode: 'ERROR', message: 'participant "shop" has no operation "paint"' },
    ]);
  });

  it('is NO(SLOTS) when the server has no slot left, NO(NO_2PC) when it has none at all', async () => {
    const full = new Bench({ maxPreparedTransactions: 1 });
    await full.send(prepare('charge'));
    const off = new Bench({ maxPreparedTransactions: 0 });

    expect(await full.send(prepare('charge', { branch: 'b2' }))).toMatchObject([{ noCode: 'SLOTS' }]);
    expect(await off.send(prepare('charge'))).toMatchObject([{ noCode: 'NO_2PC' }]);
    expect(off.count('charged')).toBe(0);
  });

  it('is NO(ERROR) when a handler swallowed an error of its own statement', async () => {
    const bench = new Bench({
      operations: [
        xaOf(async (context) => {
          const client = context.client as unknown as { failStatement(message: string): Promise<never> };
          await businessOf(context).put('k', 1);
          return client.failStatement('bad SQL').then(
            () => null,
            () => ({ swallowed: true }),
          );
        }),
      ],
    });

    expect(await bench.send(prepare('charge'))).toMatchObject([{ vote: 'NO', noCode: 'ERROR' }]);
    expect(await bench.gids()).toEqual([]);
  });

  it('is NO(ERROR) when a handler returns what is not JSON: nothing is prepared that could not be told', async () => {
    const bench = new Bench({ operations: [xaOf(async () => ({ at: new Date(NaN), big: 1n }) as never)] });

    expect(await bench.send(prepare('charge'))).toMatchObject([{ vote: 'NO', noCode: 'ERROR' }]);
  });
});

describe('a payload', () => {
  it('reaches the handler as its schema made it', async () => {
    const seen: unknown[] = [];
    const schema = amountSchema.transform(({ amount }) => ({ cents: amount * 100 }));
    const note = { one: async ({ payload }: { payload: unknown }) => void seen.push(payload) };
    const bench = new Bench({
      operations: [{ name: 'reserve', tcc: { schema, try: note, confirm: note, cancel: note } }, xaOperation],
    });

    await bench.send(prepare('reserve', { payload: { amount: 2 } }));
    await bench.send(commit());

    expect(seen).toEqual([{ cents: 200 }, { cents: 200 }]);
  });
});
