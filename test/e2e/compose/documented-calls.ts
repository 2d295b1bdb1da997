import { readText } from './file.js';

/** A call that a document tells its reader to make. */
export interface DocumentedCall {
  readonly where: string;
  readonly method: string;
  /** Which kind of app is asked. */
  readonly app: string;
  /** `/v1/transactions/<id>/timeline` */
  readonly path: string;
}

const PORTS: Readonly<Record<string, string>> = {
  7300: 'coordinator-1',
  7310: 'orders',
  7320: 'inventory',
  7330: 'payments',
};
/** The variables of the runbook. */
const VARIABLES: Readonly<Record<string, string>> = { C: 'coordinator-1', W: 'watchdog-1', P: 'payments' };

const CALL = /curl -sS(?: -X (\w+))? "?(?:\$([CWP])|http:\/\/127\.0\.0\.1:(\d+))(\/[^\s"?;`)]*)/g;

/** Every curl of a document; one that these tests cannot read fails them. */
export function documentedCalls(root: string, where: string): DocumentedCall[] {
  const text = readText(root, where);
  const calls = [...text.matchAll(CALL)].map(([, method = 'GET', variable, port, path = '']) => ({
    where,
    method,
    path,
    app: VARIABLES[variable ?? ''] ?? PORTS[port ?? ''] ?? 'unknown',
  }));
  const all = text.match(/curl -/g)?.length ?? 0;
  if (calls.length !== all)
    throw new Error(`${where}: ${all} curls, but only ${calls.length} are understood`);
  return calls;
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** True when the app's own description has this call. Health and metrics are described by nobody. */
export function describes(document: OpenApi, { method, path }: DocumentedCall): boolean {
  if (path.startsWith('/health/') || path === '/metrics') return true;
  const wanted = path.replaceAll(/<[^>]+>/g, 'x').split('/');
  return Object.entries(document.paths).some(([pattern, methods]) => {
    const parts = pattern.split('/');
    const fits =
      parts.length === wanted.length &&
      parts.every((part, at) => part.startsWith('{') || part === wanted[at]);
    return fits && method.toLowerCase() in methods;
  });
}
