import { systemRandom } from '#observability';

/** One operation of an app, as its own /openapi.json tells. */
export interface Endpoint {
  readonly app: string;
  readonly url: string;
  readonly method: string;
  /** With `{name}` where a parameter stands. */
  readonly path: string;
}

const UNDOCUMENTED = ['/openapi.json', '/docs', '/health/live', '/health/ready', '/metrics'];

export async function endpointsOf(urls: Readonly<Record<string, string>>): Promise<readonly Endpoint[]> {
  const found = await Promise.all(Object.entries(urls).map(([app, url]) => endpointsOfApp(app, url)));
  return found.flat();
}

async function endpointsOfApp(app: string, url: string): Promise<readonly Endpoint[]> {
  const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: Record<string, object> };
  const told = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => ({ app, url, method: method.toUpperCase(), path })),
  );
  const more = UNDOCUMENTED.filter((path) => !(path in paths)).map((path) => ({
    app,
    url,
    method: 'GET',
    path,
  }));
  return [...told, ...more];
}

export const hasBody = ({ method }: Endpoint): boolean => method === 'POST' || method === 'PUT';

/** A path with every parameter filled in by `value`, or by what an id looks like. */
export function pathOf({ path }: Pick<Endpoint, 'path'>, value: string = systemRandom.uuidv7()): string {
  return path.replaceAll(/\{[^}]+\}/g, value);
}

const orderId = '0198c0de-7a11-7c3e-9f2b-5d0c4e8a1b37';
/** It is refused by the participant: the account is nobody's. */
const hopelessPlan = {
  branches: [
    {
      id: 'p',
      participant: 'payments',
      operation: 'charge',
      payload: { account: 'nobody', amount: 1, orderId },
    },
  ],
};
const inquiry = { gtx: orderId, attempt: 1, branch: 'b', participant: 'mallory', ledgerEpoch: 0 };

/** Bodies that fit, by method and path; whatever is accepted of them or of their relatives has no effect on the business. */
const BODIES: Readonly<Record<string, object>> = {
  'POST /v1/transactions': hopelessPlan,
  'POST /v1/inquiries': inquiry,
  'POST /orders': { account: 'nobody', lines: [{ sku: 'nothing', quantity: 1, unitPrice: 1 }] },
  'PUT /accounts/{id}': { balance: 1 },
  'PUT /stock/{sku}': { onHand: 1 },
};
const REASON = { reason: 'hostile' };

export function fittingBody({ method, path }: Endpoint): Readonly<Record<string, unknown>> {
  return (BODIES[`${method} ${path}`] ?? REASON) as Record<string, unknown>;
}

/** A body that fits would do what an operator may do (hold the ledger, send a dead letter again): they get none that fits. */
export const forOperators = ({ path, method }: Endpoint): boolean =>
  method === 'POST' && path.startsWith('/v1/recovery') && !path.endsWith('/scan');
