import { describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { systemRandom } from '#observability';
import { MemoryBranchStore, MemoryServer, type MemoryStatement } from '#persistence';
import {
  action,
  add,
  amountSchema,
  commit,
  compensate,
  gtxOf,
  prepare,
  readCount,
} from '../fixtures/participant.fixture.js';
import { ManualClock, settled } from '../fixtures/manual-clock.fixture.js';
import { incoming, RecordingBus } from '../fixtures/recording-bus.fixture.js';
import type { BranchContext, StatementContext } from '../operations/branch-context.js';
import type { NamedStatement } from '../operations/operation.js';
import {
  Action, ActionBatch, ActionStatement, Cancel, CancelStatement, Compensate, CompensateStatement, Confirm, ConfirmBatch,
  ConfirmStatement, Participant, ParticipantHost, ParticipantModule, Tcc, TccBatch, TccStatement, Xa, XaStatement,
} from './index.js'; // prettier-ignore
import { BranchesController } from './branches.controller.js';

type Amount = { amount: number };

@Injectable()
class Ledger {
  add(context: BranchContext<Amount>, what: string): Promise<void> {
    return add(context, what);
  }
}

@Participant('shop')
class ShopParticipant {
  constructor(private readonly ledger: Ledger) {}

  @Xa('charge', amountSchema)
  charge(tx: BranchContext<Amount>) {
    return this.ledger.add(tx, 'charged');
  }

  @Tcc('reserve', amountSchema)
  @Action('reserve', amountSchema)
  reserve(tx: BranchContext<Amount>) {
    return this.ledger.add(tx, 'tried');
  }

  @ConfirmBatch('reserve')
  async confirm(batch: readonly BranchContext<Amount>[]) {
    for (const tx of batch) await this.ledger.add(tx, 'confirmed');
  }

  @Cancel('reserve')
  @Compensate('reserve')
  cancel(tx: BranchContext<Amount>) {
    return this.ledger.add(tx, 'cancelled');
  }
}

/** SQL of the twin: counts each branch. */
const counting = (what: string, batch: readonly StatementContext[]): NamedStatement & MemoryStatement => ({
  ...{ text: '', values: [] },
  run: async (client) => {
    for (const { gtx, branch } of batch) await client.put(`${what}:${gtx}:${branch}`, 1);
    return [];
  },
});

@Participant('shop')
class NamingParticipant {
  private readonly name = (what: string, batch: readonly StatementContext[]) => counting(what, batch);

  @XaStatement('charge', amountSchema)
  charge(batch: readonly StatementContext<Amount>[]) {
    return this.name('charged', batch);
  }

  @TccStatement('reserve', amountSchema)
  @ActionStatement('reserve', amountSchema)
  reserve(batch: readonly StatementContext<Amount>[]) {
    return this.name('tried', batch);
  }

  @ConfirmStatement('reserve')
  confirm(batch: readonly StatementContext<Amount>[]) {
    return this.name('confirmed', batch);
  }

  @CancelStatement('reserve')
  @CompensateStatement('reserve')
  cancel(batch: readonly StatementContext<Amount>[]) {
    return this.name('cancelled', batch);
  }
}

async function application(...participants: Type[]) {
  const clock = new ManualClock();
  const server = new MemoryServer({ clock });
  const bus = new RecordingBus();
  const store = new MemoryBranchStore({ server, database: 'shop', participant: 'shop', lockTimeoutMs: 0 });
  const options = { store, bus, instance: 'test', clock, random: systemRandom };

  @Module({
    imports: [ParticipantModule.forRootAsync({ useFactory: () => options })],
    providers: [Ledger, ...participants],
  })
  class App {}

  const app = await Test.createTestingModule({ imports: [App] }).compile();
  app.useLogger(false);
  const host = app.get(ParticipantHost);
  const deliver = (...commands: Parameters<typeof incoming>[0][]) =>
    host.runtime.accept(commands.map((one) => incoming(one))).all();
  return { app, host, bus, server, deliver };
}

describe('ParticipantModule', () => {
  it.each([
    ['run', ShopParticipant],
    ['name their SQL', NamingParticipant],
  ])('takes decorated methods that %s, from bootstrap to shutdown', async (_, participant) => {
    const { app, host, bus, server, deliver } = await application(participant);
    await app.init();

    await deliver(
      prepare('charge', { gtx: gtxOf(1) }),
      prepare('reserve', { gtx: gtxOf(2) }),
      action('reserve', { gtx: gtxOf(3) }),
    );
    await deliver(
      commit({ gtx: gtxOf(1) }),
      commit({ gtx: gtxOf(2) }),
      compensate('reserve', { gtx: gtxOf(3) }),
    );

    expect(await host.health()).toMatchObject({ ok: true });
    expect(readCount(server, 'charged', { gtx: gtxOf(1) })).toBe(1);
    expect(readCount(server, 'confirmed', { gtx: gtxOf(2) })).toBe(1);
    expect(readCount(server, 'cancelled', { gtx: gtxOf(3) })).toBe(1);
    await app.close();
    expect(bus.subscriptions[0]?.stopped).toBe(true);
  });

  it('announces what the decorators say', async () => {
    const { app, bus } = await application(ShopParticipant);
    await app.init();
    await settled();

    expect(bus.replies.find(({ type }) => type === 'HELLO')).toMatchObject({
      participant: 'shop',
      operations: [
        { name: 'charge', styles: ['xa'], compensates: false },
        { name: 'reserve', styles: ['tcc', 'saga'], compensates: true },
      ],
    });
    await app.close();
  });

  it('refuses to start with handlers that do not fit together, and lists all of it', async () => {
    @Participant('shop')
    class Faulty {
      @Tcc('reserve', amountSchema)
      async reserve(_tx: BranchContext<Amount>) {}
      @TccBatch('reserve', amountSchema)
      async reserveMany(_batch: readonly BranchContext<Amount>[]) {}
      @Confirm('nothing')
      async confirm() {}
      @Compensate('ship')
      async unship() {}
    }
    const { app } = await application(Faulty);

    const failure = app.init();

    await expect(failure).rejects.toThrow(/@Tcc\("reserve"\) is on Faulty.reserve and on Faulty.reserveMany/);
    await expect(failure).rejects.toThrow(
      /@Tcc\("reserve"\) on Faulty.reserve needs a @Confirm\("reserve"\)/,
    );
    await expect(failure).rejects.toThrow(
      /@Confirm\("nothing"\) on Faulty.confirm needs a @Tcc\("nothing"\)/,
    );
    await expect(failure).rejects.toThrow(/@Compensate\("ship"\) on Faulty.unship needs a @Action\("ship"\)/);
  });

  it('refuses two names in one application, and none at all', async () => {
    @Participant('bank')
    class Bank {
      @ActionBatch('pay', amountSchema)
      async pay(_batch: readonly BranchContext<Amount>[]) {}
    }

    await expect((await application(ShopParticipant, Bank)).app.init()).rejects.toThrow(
      /these are marked: shop, bank/,
    );
    await expect((await application()).app.init()).rejects.toThrow(/no provider is marked @Participant/);
  });
});

describe('GET /concordat/branches', () => {
  const list = async (query: object) => {
    const { app, deliver } = await application(ShopParticipant);
    await app.init();
    await deliver(
      ...[1, 2, 3].map((n) => prepare('charge', { gtx: gtxOf(n) })),
      ...[4, 5].map((n) => prepare('reserve', { gtx: gtxOf(n) })),
      action('reserve', { gtx: gtxOf(6) }),
    );
    return {
      page: (more: object) => app.get(BranchesController).list({ ...query, ...more }),
      close: () => app.close(),
    };
  };

  it('shows prepared transactions with their gids beside the rows, page by page, each once', async () => {
    const { page, close } = await list({ limit: 2 });
    const seen: (string | null)[][] = [];

    let cursor: string | null = null;
    do {
      const { items, nextCursor } = await page(cursor === null ? {} : { cursor });
      seen.push(...items.map(({ gtx, state, gid }) => [gtx, state, gid]));
      cursor = nextCursor;
    } while (cursor !== null);

    expect(seen).toEqual([
      ...[3, 2, 1].map((n) => [gtxOf(n), 'PREPARED', `concordat:shop:${gtxOf(n)}:1:b1`]),
      [gtxOf(6), 'DONE', null],
      ...[5, 4].map((n) => [gtxOf(n), 'PREPARED', null]),
    ]);
    await close();
  });

  it('filters by state and transaction', async () => {
    const { page, close } = await list({});

    expect((await page({ state: 'DONE' })).items).toMatchObject([{ gtx: gtxOf(6), gid: null }]);
    expect((await page({ state: 'PREPARED', gtx: gtxOf(1) })).items).toMatchObject([{ gtx: gtxOf(1) }]);
    await close();
  });

  it.each([
    { limit: 0 },
    { limit: 201 },
    { state: 'DANCING' },
    { colour: 'red' },
    { cursor: 'x' },
    { cursor: 'r.!' },
  ])('refuses %j as the fault of the caller', async (query) => {
    const { page, close } = await list({});
    await expect(page(query)).rejects.toMatchObject({ status: 400 });
    await close();
  });
});
