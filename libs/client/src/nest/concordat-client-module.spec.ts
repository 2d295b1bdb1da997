import 'reflect-metadata';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Inject, Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { ClientOptions } from '../client-options.js';
import type { ConcordatClient } from '../concordat-client.js';
import { settle } from '../manual-clock.fixture.js';
import type { TransactionOutcome } from '../outbox/outcome.js';
import { TransactionOutbox } from '../outbox/transaction-outbox.js';
import { OutboxWorld, REQUEST } from '../outbox/world.fixture.js';
import { TransactionClient } from '../transaction-client.js';
import { CONCORDAT_CLIENT, ConcordatClientModule, OnOutcome } from './index.js';

let world: OutboxWorld;
beforeEach(async () => {
  world = await new OutboxWorld().open();
});
afterEach(() => world.close());

@Injectable()
class Heard {
  readonly single: string[] = [];
  readonly batches: number[] = [];
}

@Injectable()
class Shop {
  constructor(
    @Inject(Heard) private readonly heard: Heard,
    @Inject(TransactionOutbox) readonly outbox: TransactionOutbox,
    @Inject(TransactionClient) readonly client: TransactionClient,
  ) {}

  @OnOutcome()
  one({ gtx }: TransactionOutcome): void {
    this.heard.single.push(gtx);
  }

  @OnOutcome({ batch: true })
  async all(outcomes: readonly TransactionOutcome[]): Promise<void> {
    this.heard.batches.push(outcomes.length);
  }
}

async function application(options: ClientOptions) {
  const OPTIONS = Symbol('options');
  @Module({ providers: [{ provide: OPTIONS, useValue: options }], exports: [OPTIONS] })
  class Settings {}

  @Module({
    imports: [
      ConcordatClientModule.forRootAsync({
        imports: [Settings],
        inject: [OPTIONS],
        useFactory: (given: ClientOptions) => given,
      }),
    ],
    providers: [Heard, Shop],
  })
  class App {}

  const app = await Test.createTestingModule({ imports: [App] }).compile();
  await app.init();
  return { app, heard: app.get(Heard), client: app.get<ConcordatClient>(CONCORDAT_CLIENT) };
}

const options = (): ClientOptions => ({
  initiator: 'shop',
  bus: world.broker.connect('shop'),
  outboxStore: world.store(),
  clock: world.clock,
  random: world.random,
  log: world.log,
});

describe('ConcordatClientModule', () => {
  it('relays from bootstrap on and tells every marked method, alone or in batches', async () => {
    const { app, heard, client } = await application(options());
    await settle();
    expect(client.isConnected()).toBe(true);

    const gtxs = [await world.enqueue(client), await world.enqueue(client)];
    for (const gtx of gtxs) await world.say(gtx, { type: 'OUTCOME', outcome: 'committed', reason: null });

    expect(world.sent.map(({ gtx }) => gtx)).toEqual(gtxs);
    expect(heard.single).toEqual(gtxs);
    expect(heard.batches.reduce((sum, size) => sum + size, 0)).toBe(2);
    await app.close();
  });

  it('sends nothing after shutdown', async () => {
    const { app, client } = await application(options());
    await settle();
    await app.close();

    await world.enqueue(client);
    await world.clock.advance(60_000);

    expect(world.sent).toEqual([]);
  });

  it('works without broker, for HTTP alone; the outbox then says what it misses', async () => {
    const imports = [ConcordatClientModule.forRoot({ initiator: 'shop', coordinatorUrls: ['http://a'] })];
    const app = await Test.createTestingModule({ imports }).compile();
    await app.init();

    expect(app.get(TransactionClient)).toBeInstanceOf(TransactionClient);
    const missing = { code: 'CONCORDAT_NOT_CONFIGURED', retriable: false };
    await expect(app.get(TransactionOutbox).enqueue(null, REQUEST)).rejects.toMatchObject(missing);
    await app.close();
  });

  it('refuses to start where somebody wants outcomes that can never come', async () => {
    const starting = application({ initiator: 'shop', coordinatorUrls: ['http://a'] });

    await expect(starting).rejects.toMatchObject({ code: 'CONCORDAT_NOT_CONFIGURED' });
  });
});
