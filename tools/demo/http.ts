import { setTimeout as sleep } from 'node:timers/promises';

import { DemoError } from './demo-error.js';

const PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 25;

/** The answer's JSON, or undefined for 404. */
export async function getJson<T>(url: string): Promise<T | undefined> {
  const answer = await fetch(url);
  const text = await answer.text();
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw new DemoError(`GET ${url} answered ${answer.status}: ${text}`);
  return JSON.parse(text) as T;
}

export async function sendJson<T>(method: 'PUT' | 'POST', url: string, body: unknown): Promise<T> {
  const answer = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new DemoError(`${method} ${url} answered ${answer.status}: ${text}`);
  return JSON.parse(text) as T;
}

/** Looks at `url` until `is` holds for what it shows. */
export async function untilJson<T>(what: string, url: string, is: (seen: T) => boolean): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const seen = await getJson<T>(url);
    if (seen !== undefined && is(seen)) return seen;
    if (performance.now() > deadline) {
      throw new DemoError(`waited in vain until ${what}; last seen: ${JSON.stringify(seen)}`);
    }
    await sleep(LOOK_EVERY_MS);
  }
}
