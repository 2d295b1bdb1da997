import { setTimeout as sleep } from 'node:timers/promises';

/** What a customer of the example services can see and do. */
export interface Order {
  readonly id: string;
  readonly status: 'PENDING' | 'CONFIRMED' | 'REJECTED';
  readonly reason: string | null;
  readonly transactionId: string;
}

export interface ShopUrls {
  readonly orders: string;
  readonly inventory: string;
  readonly payments: string;
}

const PATIENCE_MS = 30_000;

async function json<T>(method: string, url: string, body?: unknown): Promise<T> {
  const answer = await fetch(url, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url} answered ${answer.status}: ${text}`);
  return JSON.parse(text) as T;
}

export class Shop {
  constructor(private readonly urls: ShopUrls) {}

  stock(sku: string, onHand: number): Promise<unknown> {
    return json('PUT', `${this.urls.inventory}/stock/${sku}`, { onHand });
  }

  account(id: string, balance: number): Promise<unknown> {
    return json('PUT', `${this.urls.payments}/accounts/${id}`, { balance });
  }

  async onHand(sku: string): Promise<number> {
    return (await json<{ onHand: number }>('GET', `${this.urls.inventory}/stock/${sku}`)).onHand;
  }

  async balance(id: string): Promise<number> {
    return (await json<{ balance: number }>('GET', `${this.urls.payments}/accounts/${id}`)).balance;
  }

  /** Places an order and waits until it left PENDING. */
  async order(request: Record<string, unknown>): Promise<Order> {
    const { orderId } = await json<{ orderId: string }>('POST', `${this.urls.orders}/orders`, request);
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const order = await json<Order>('GET', `${this.urls.orders}/orders/${orderId}`);
      if (order.status !== 'PENDING') return order;
      if (performance.now() > deadline) throw new Error(`order ${orderId} is still PENDING`);
      await sleep(20);
    }
  }
}
