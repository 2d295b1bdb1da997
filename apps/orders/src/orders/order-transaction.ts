import type { BeginRequestInput } from '#wire';
import type { OrderRequest } from './order-request.js';
import { totalOf } from './order-request.js';

/** The global transaction of an order: stock, then payment, then the order itself (in a saga; in 2pc all at once). */
export function orderTransaction(orderId: string, request: OrderRequest): BeginRequestInput {
  const { account, lines, mode, fallback } = request;
  const stock = lines.map(({ sku, quantity }) => ({ sku, quantity }));
  return {
    mode,
    fallback: mode === 'saga' ? 'none' : fallback,
    businessKey: orderId,
    branches: [
      { id: 'stock', participant: 'inventory', operation: 'reserve', payload: { orderId, lines: stock } },
      {
        id: 'payment',
        participant: 'payments',
        operation: 'charge',
        payload: { account, amount: totalOf(lines), orderId },
      },
      { id: 'order', participant: 'orders', operation: 'confirm', payload: { orderId } },
    ],
  };
}
