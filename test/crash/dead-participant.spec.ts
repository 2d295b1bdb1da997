import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { call } from './support/shop.js';
import { openSite, until } from './support/site.js';
import type { Site } from './support/site.js';

jest.setTimeout(300_000);
const LIMIT_MS = 40_000;
const OPENING = 1_000;

function request() {
  const orderId = randomUUID();
  return {
    timeoutMs: 3_000,
    branches: [
      {
        id: 'stock',
        participant: 'inventory',
        operation: 'reserve',
        payload: { orderId, lines: [{ sku: 'tea', quantity: 1 }] },
      },
      {
        id: 'payment',
        participant: 'payments',
        operation: 'charge',
        payload: { account: 'alice', amount: 10, orderId },
      },
    ],
  };
}

describe('payments dies with a prepared branch and stays down: the watchdog ends it in its database', () => {
  let site: Site;
  const json = { 'content-type': 'application/json' };
  const put = (app: string, path: string, body: object) =>
    call(`${site.cluster.urls[app]}${path}`, { method: 'PUT', headers: json, body: JSON.stringify(body) });
  beforeAll(async () => {
    site = await openSite('dead-participant', { env: { CONCORDAT_INQUIRE_AFTER_MS: '1000' } });
    await put('inventory-1', '/stock/tea', { onHand: 100 });
  });
  afterAll(() => site.close());

  it.each([
    // P3: prepared, its vote never sent, so nobody can decide COMMIT. P5: the decision COMMIT is there, not carried out.
    ['before its vote', 'P3', 'ABORTED', OPENING],
    ['after the decision', 'P5', 'COMMITTED', OPENING - 10],
  ] as const)('%s (%s)', async (_, point, state, balance) => {
    await site.cluster.restart('payments-1');
    await put('payments-1', '/accounts/alice', { balance: OPENING });
    const payments = await site.cluster.restart('payments-1', { CONCORDAT_FAULT_POINT: `${point}:kill` });
    const answer = await call(`${site.cluster.urls['coordinator-1']}/v1/transactions`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify(request()),
    });
    expect(answer?.status).toBe(202);
    const gtx = (answer?.body as { id: string }).id;
    expect(await payments.exited).toMatchObject({ signal: 'SIGKILL' });
    expect((await site.preparedGids()).filter((gid) => gid.includes(gtx))).toHaveLength(1);

    await until('ended with payments down', LIMIT_MS, async () => {
      const rows = await site.query<{ state: string }>(
        'coordinator',
        'SELECT state FROM concordat.transaction WHERE gtx = $1 AND ended_at IS NOT NULL',
        [gtx],
      );
      return rows.length === 1;
    });

    const [row] = await site.query<{ state: string }>(
      'coordinator',
      'SELECT state FROM concordat.transaction WHERE gtx = $1',
      [gtx],
    );
    expect(row?.state).toBe(state);
    expect(await site.preparedGids()).toEqual([]);
    const [account] = await site.query<{ balance: string }>(
      'payments',
      `SELECT balance FROM payments.account WHERE id = 'alice'`,
    );
    expect(Number(account?.balance)).toBe(balance);
  });
});
