/** What the example services do while their database is away, and with settings they cannot work with. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { type ServicesWorld, startServicesWorld, until } from './services-world.js';

let world: ServicesWorld;
afterEach(() => world?.stop());

const order = { account: 'alice', lines: [{ sku: 'tea', quantity: 1, unitPrice: 1 }] };
const isReady = (name: 'orders' | 'inventory' | 'payments') =>
  until(
    () => world.ask(name, 'GET', '/health/ready'),
    ({ status }) => status === 200,
  );

describe('a database', () => {
  it('that goes away is answered with 503, leaves no half order, and is used again when it is back', async () => {
    world = await startServicesWorld();
    await Promise.all([world.start('orders'), world.start('inventory')]);
    await Promise.all([isReady('orders'), isReady('inventory')]);

    await world.postgres.stop('immediate');
    const down = [
      await world.ask('orders', 'POST', '/orders', order, { 'idempotency-key': 'k' }),
      await world.ask('orders', 'GET', '/orders'),
      await world.ask('inventory', 'PUT', '/stock/tea', { onHand: 1 }),
    ];
    const ready = await world.ask('orders', 'GET', '/health/ready');
    const live = await world.ask('orders', 'GET', '/health/live');
    await world.postgres.restart();
    await Promise.all([isReady('orders'), isReady('inventory')]);

    for (const answer of down) {
      expect(answer.status).toBe(503);
      expect(answer.body).toMatchObject({ code: 'CONCORDAT_UNAVAILABLE', part: 'database' });
      expect(answer.headers.get('retry-after')).not.toBeNull();
    }
    expect([live.status, ready.status, ready.body.checks.database.ok]).toEqual([200, 503, false]);
    const { body } = await world.ask('orders', 'POST', '/orders', order, { 'idempotency-key': 'k' });
    expect((await world.ask('orders', 'GET', '/orders')).body.items).toMatchObject([{ id: body.orderId }]);
  });

  it('that is not there yet is waited for', async () => {
    world = await startServicesWorld();
    await world.postgres.stop('fast');

    const starting = world.start('inventory');
    await world.postgres.restart();

    await starting;
    await isReady('inventory');
  });

  it('without prepared transactions is refused by payments with the remedy, and does for inventory', async () => {
    world = await startServicesWorld(0);

    await expect(world.start('payments')).rejects.toMatchObject({
      code: 'CONCORDAT_PREPARED_TRANSACTIONS_DISABLED',
      message: expect.stringMatching(/max_prepared_transactions/),
    });
    await world.start('inventory');
    await isReady('inventory');
  });
});

describe('two instances of a service', () => {
  it('that start at once on an empty database migrate it once', async () => {
    world = await startServicesWorld();
    const other = await startServicesWorld();
    const url = world.databaseUrl('inventory');

    await Promise.all([world.start('inventory'), other.start('inventory', { DATABASE_URL: url })]);
    await world.ask('inventory', 'PUT', '/stock/tea', { onHand: 7 });

    expect((await other.ask('inventory', 'GET', '/stock/tea')).body.onHand).toBe(7);
    await other.stop();
  });
});
