import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '#observability';

const LOOK_MS = 50;
const TELL_AFTER_MS = 10_000;

/** Waits until every app is ready; says what is missing when it takes long. `assertWanted` throws when nobody waits any more. */
export async function untilReady(urls: readonly string[], log: Log, assertWanted: () => void): Promise<void> {
  let tellAtMs = performance.now() + TELL_AFTER_MS;
  for (let missing = [...urls]; missing.length > 0; missing = await notReady(missing)) {
    assertWanted();
    if (performance.now() > tellAtMs) {
      log.warn({ missing }, 'these are not ready yet; GET /health/ready says why');
      tellAtMs += TELL_AFTER_MS;
    }
    await pause(LOOK_MS);
  }
}

async function notReady(urls: readonly string[]): Promise<string[]> {
  const answers = await Promise.all(urls.map(async (url) => ({ url, ready: await isReady(url) })));
  return answers.filter(({ ready }) => !ready).map(({ url }) => url);
}

async function isReady(url: string): Promise<boolean> {
  const response = await fetch(`${url}/health/ready`);
  await response.arrayBuffer();
  return response.ok;
}
