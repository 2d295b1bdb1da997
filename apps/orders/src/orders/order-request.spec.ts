import { describe, expect, it } from '@jest/globals';
import { planFaults } from '#protocol';
import { beginRequestSchema } from '#wire';
import { orderRequest, requestHash, totalOf } from './order-request.js';
import { orderTransaction } from './order-transaction.js';

const line = { sku: 'tea', quantity: 2, unitPrice: 450 };
const order = (change: object = {}) => ({ account: 'alice', lines: [line], ...change });
const accepts = (body: unknown) => orderRequest.safeParse(body).success;

describe('an order', () => {
  it('costs the sum of quantity × unit price', () => {
    expect(totalOf([line, { sku: 'milk', quantity: 3, unitPrice: 99 }])).toBe(1197);
  });

  it.each([
    ['no lines', order({ lines: [] })],
    ['a quantity of zero', order({ lines: [{ ...line, quantity: 0 }] })],
    ['half a piece', order({ lines: [{ ...line, quantity: 0.5 }] })],
    ['a negative price', order({ lines: [{ ...line, unitPrice: -1 }] })],
    ['a fraction of a cent', order({ lines: [{ ...line, unitPrice: 1.5 }] })],
    ['a number as text', order({ lines: [{ ...line, quantity: '2' }] })],
    ['a total beyond exact numbers', order({ lines: [{ ...line, quantity: 2 ** 30, unitPrice: 2 ** 30 }] })],
    [
      'quantities beyond exact numbers',
      order({ lines: [1, 2].map(() => ({ ...line, quantity: 2 ** 53 - 1, unitPrice: 0 })) }),
    ],
    ['an account that is no id', order({ account: 'a b' })],
    ['an unknown mode', order({ mode: '3pc' })],
    ['an unknown field', order({ discount: 1 })],
    ['an unknown field in a line', order({ lines: [{ ...line, note: 'x' }] })],
  ])('is refused with %s', (_, body) => {
    expect(accepts(body)).toBe(false);
  });

  it('is the same order whether defaults are spelled out or not', () => {
    const spelled = orderRequest.parse(order({ mode: '2pc', fallback: 'none' }));

    expect(requestHash(orderRequest.parse(order()))).toBe(requestHash(spelled));
    expect(requestHash(orderRequest.parse(order({ account: 'bob' })))).not.toBe(requestHash(spelled));
  });
});

describe('the transaction of an order', () => {
  it.each([
    ['2pc', 'none', 'none'],
    ['2pc', 'saga', 'saga'],
    ['saga', 'none', 'none'],
    ['saga', 'saga', 'none'],
  ])('with mode %s and fallback %s is one a coordinator accepts', (mode, fallback, asked) => {
    const begin = orderTransaction('o1', orderRequest.parse(order({ mode, fallback })));
    const request = beginRequestSchema.parse(begin);

    expect(planFaults(request)).toEqual([]);
    expect(request).toMatchObject({ mode, fallback: asked, businessKey: 'o1' });
    expect(request.branches.map(({ participant }) => participant)).toEqual([
      'inventory',
      'payments',
      'orders',
    ]);
  });
});
