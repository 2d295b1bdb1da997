import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { purchase, put, submit } from './support/requests.js';
import { openSite } from './support/site.js';
import type { Site } from './support/site.js';

jest.setTimeout(300_000);
const LIMIT_MS = 40_000;
const OPENING = 1_000;

describe('payments dies with a prepared branch and stays down: the watchdog ends it in its database', () => {
  let site: Site;
  beforeAll(async () => {
    site = await openSite('dead-participant', { env: { CONCORDAT_INQUIRE_AFTER_MS: '1000' } });
    await put(site, 'inventory-1', '/stock/tea', { onHand: 100 });
  });
  afterAll(() => site.close());

  it.each([
    // P3: prepared, its vote never sent, so nobody can decide COMMIT. P5: the decision COMMIT is there, not carried out.
    ['before its vote', 'P3', 'ABORTED', OPENING],
    ['after the decision', 'P5', 'COMMITTED', OPENING - 10],
  ] as const)('%s (%s)', async (_, point, state, balance) => {
    await site.cluster.restart('payments-1');
    await put(site, 'payments-1', '/accounts/alice', { balance: OPENING });
    const payments = await site.cluster.restart('payments-1', { CONCORDAT_FAULT_POINT: `${point}:kill` });
    const answer = await submit(site, purchase({ shape: { timeoutMs: 3_000 } }));
    expect(answer?.status).toBe(202);
    const gtx = (answer?.body as { id: string }).id;
    expect(await payments.exited).toMatchObject({ signal: 'SIGKILL' });
    expect((await site.preparedGids()).filter((gid) => gid.includes(gtx))).toHaveLength(1);

    await site.ended(LIMIT_MS);

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
