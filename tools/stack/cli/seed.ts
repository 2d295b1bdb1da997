import { StackError } from '../errors.js';

/** Base URLs of the two services that hold what an order needs. */
export interface ExampleServices {
  inventory: string;
  payments: string;
}

async function putIfAbsent(url: string, body: Record<string, number>): Promise<void> {
  const present = await fetch(url);
  await present.arrayBuffer();
  if (present.status !== 404) return;
  const answer = await fetch(url, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new StackError(`PUT ${url} answered ${answer.status}: ${text}`, '');
}

/** Puts tea into stock and money on alice's account, each only where there is none yet, so that the first order can succeed. */
export async function seedExample({ inventory, payments }: ExampleServices): Promise<void> {
  await putIfAbsent(`${inventory}/stock/tea`, { onHand: 100 });
  await putIfAbsent(`${payments}/accounts/alice`, { balance: 10_000 });
}

/** A command that orders two teas on alice's account. */
export const orderCommand = (ordersUrl: string): string => {
  const order = { account: 'alice', lines: [{ sku: 'tea', quantity: 2, unitPrice: 450 }] };
  return `curl -sS -X POST ${ordersUrl}/orders -H 'content-type: application/json' -d '${JSON.stringify(order)}'`;
};
