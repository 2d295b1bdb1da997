import { randomUUID } from 'node:crypto';
import { call } from './shop.js';
import type { Site } from './site.js';

export const JSON_HEADERS = { 'content-type': 'application/json' };

interface Purchase {
  readonly account?: string;
  readonly sku?: string;
  readonly amount?: number;
  /** mode, fallback, timeoutMs … as api.md §2 has them. */
  readonly shape?: object;
}

/** A transaction of two branches, stock and payment, as a client of the coordinator would submit it. */
export function purchase({ account = 'alice', sku = 'tea', amount = 10, shape = {} }: Purchase = {}): string {
  const orderId = randomUUID();
  const lines = [{ sku, quantity: 1 }];
  const branches = [
    { id: 'stock', participant: 'inventory', operation: 'reserve', payload: { orderId, lines } },
    { id: 'payment', participant: 'payments', operation: 'charge', payload: { account, amount, orderId } },
  ];
  return JSON.stringify({ ...shape, branches });
}

/** Submits to a coordinator; `query` is `?wait=…`. null when nobody answered. */
export function submit(site: Site, body: string, query = '', app = 'coordinator-1') {
  const url = `${site.cluster.urls[app]}/v1/transactions${query}`;
  return call(url, { method: 'POST', headers: JSON_HEADERS, body });
}

/** Sets stock or a balance. */
export function put(site: Site, app: string, path: string, body: object) {
  const init = { method: 'PUT', headers: JSON_HEADERS, body: JSON.stringify(body) };
  return call(`${site.cluster.urls[app]}${path}`, init);
}
