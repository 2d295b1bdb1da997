import { randomUUID } from 'node:crypto';
import { systemRandom } from '#observability';
import { until } from '../../../crash/support/site.js';
import { ask } from './client.js';
import { PRICE } from './deeds.js';
import type { Pod } from './estate.js';

const LIMIT_MS = 20_000;

/** One purchase from rows of its own, carried to its end by `coordinator` (undefined: none lives, nothing is done). */
export async function probe(pod: Pod, coordinator: string | undefined): Promise<void> {
  if (coordinator === undefined) return;
  const id = systemRandom.uuidv7();
  const name = `probe-${randomUUID().slice(0, 8)}`;
  pod.probes.push(id);
  await pod.query('payments', 'INSERT INTO payments.account (id, balance) VALUES ($1, 1000)', [name]);
  await pod.query('inventory', 'INSERT INTO inventory.stock (sku, on_hand) VALUES ($1, 100)', [name]);
  const stock = { orderId: id, lines: [{ sku: name, quantity: 1 }] };
  const payment = { account: name, amount: PRICE, orderId: id };
  const body = JSON.stringify({
    id,
    timeoutMs: LIMIT_MS,
    branches: [
      { id: 'stock', participant: 'inventory', operation: 'reserve', payload: stock },
      { id: 'payment', participant: 'payments', operation: 'charge', payload: payment },
    ],
  });
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
  await until('a probe commits', LIMIT_MS, async () => {
    const answer = await ask(
      `${pod.cluster.urls[coordinator]}/v1/transactions?wait=applied&waitMs=5000`,
      init,
    );
    return answer?.body['state'] === 'COMMITTED';
  });
}
