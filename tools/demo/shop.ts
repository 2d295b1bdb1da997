import { getJson, sendJson, untilJson } from './http.js';
import { timelineTable, type TimelineEntry } from './timeline.js';
import type { World } from './world.js';

export interface Order {
  readonly id: string;
  readonly status: 'PENDING' | 'CONFIRMED' | 'REJECTED';
  readonly reason: string | null;
  readonly transactionId: string;
}

export interface TransactionView {
  readonly id: string;
  readonly state: string;
  readonly outcome: 'committed' | 'aborted' | null;
  readonly attempt: number;
  readonly endedAt: string | null;
}

/** What an act needs to know of the shop before and after. */
export interface Goods {
  readonly teas: number;
  readonly cents: number;
}

export const euros = (cents: number): string => (cents / 100).toFixed(2);

/** alice's order of some teas at 4.50 each */
export const teaOrder = (quantity: number, options: { fallback?: 'saga' } = {}): object => ({
  account: 'alice',
  lines: [{ sku: 'tea', quantity, unitPrice: 450 }],
  ...options,
});

/** Everything the story does, over HTTP as a user would. */
export class Shop {
  constructor(private readonly world: World) {}

  async open(): Promise<void> {
    await sendJson('PUT', this.url('inventory-1', '/stock/tea'), { onHand: 100 });
    await sendJson('PUT', this.url('payments-1', '/accounts/alice'), { balance: 10_000 });
  }

  async goods(): Promise<Goods> {
    const stock = await getJson<{ onHand: number }>(this.url('inventory-1', '/stock/tea'));
    const account = await getJson<{ balance: number }>(this.url('payments-1', '/accounts/alice'));
    return { teas: stock?.onHand ?? Number.NaN, cents: account?.balance ?? Number.NaN };
  }

  place(order: object): Promise<{ orderId: string; transactionId: string }> {
    return sendJson('POST', this.url('orders-1', '/orders'), order);
  }

  settled(orderId: string): Promise<Order> {
    const url = this.url('orders-1', `/orders/${orderId}`);
    return untilJson<Order>(`order ${orderId} is decided`, url, ({ status }) => status !== 'PENDING');
  }

  /** Begins a transaction at one coordinator, not through an example service. */
  begin(coordinator: string, request: object): Promise<TransactionView> {
    return sendJson('POST', this.url(coordinator, '/v1/transactions'), request);
  }

  /** Waits at a coordinator until `is` holds for the transaction. */
  transaction(
    coordinator: string,
    id: string,
    what: string,
    is: (seen: TransactionView) => boolean,
  ): Promise<TransactionView> {
    return untilJson(`transaction ${id} ${what}`, this.url(coordinator, `/v1/transactions/${id}`), is);
  }

  /** The whole story of a transaction, once every branch has acknowledged. */
  async timeline(coordinator: string, id: string): Promise<readonly TimelineEntry[]> {
    await this.transaction(coordinator, id, 'has ended', ({ endedAt }) => endedAt !== null);
    const page = await getJson<{ items: TimelineEntry[] }>(
      this.url(coordinator, `/v1/transactions/${id}/timeline`),
    );
    return page?.items ?? [];
  }

  async timelineTable(coordinator: string, id: string): Promise<string[]> {
    return timelineTable(await this.timeline(coordinator, id));
  }

  /** Ids of the branches that a service holds prepared: a gid of PostgreSQL (xa), or the branch of a reservation (tcc). */
  async held(service: string): Promise<string[]> {
    const url = this.url(service, '/concordat/branches?state=PREPARED');
    const page = await getJson<{ items: { gid: string | null; branch: string; style: string }[] }>(url);
    return (page?.items ?? []).map(({ gid, branch, style }) => gid ?? `${branch} (${style})`);
  }

  url(app: string, path: string): string {
    return `${this.world.cluster.urls[app]}${path}`;
  }
}
