import { INVARIANTS } from '../../../crash/support/invariants.js';
import type { Shop } from '../../../crash/support/shop.js';
import type { Site } from '../../../crash/support/site.js';
import type { Watcher } from './watcher.js';

/** What is wrong, by invariant; an invariant that holds is not there. */
export type Verdict = Readonly<Record<string, readonly string[]>>;

const GAUGE = /^concordat_in_doubt\{[^}]*\} ([\d.e+]+)$/gm;

const ANSWERS_MS = 10_000;

/** null: nobody answers. */
async function metricsOf(url: string): Promise<string | null> {
  try {
    const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(ANSWERS_MS) });
    return await answer.text();
  } catch (error) {
    if (['TypeError', 'TimeoutError'].includes((error as Error).name)) return null;
    throw error;
  }
}

/** I14: no coordinator sees a branch in doubt. */
export async function inDoubt(site: Pick<Site, 'cluster'>): Promise<readonly string[]> {
  const urls = Object.entries(site.cluster.urls).filter(([name]) => name.startsWith('coordinator'));
  const seen = await Promise.all(
    urls.map(async ([name, url]) => {
      const text = await metricsOf(url);
      if (text === null) return [`${name} does not answer`];
      const values = [...text.matchAll(GAUGE)].map(([, value]) => Number(value));
      return values.some((value) => value !== 0)
        ? [`${name} counts ${values.join(', ')} branches in doubt`]
        : [];
    }),
  );
  return seen.flat();
}

/** Every invariant that can be read from outside; an installation at rest is expected. */
export async function judge(site: Site, shop: Shop, watcher: Pick<Watcher, 'violations'>): Promise<Verdict> {
  const wrong: Record<string, readonly string[]> = {};
  for (const [name, check] of Object.entries(INVARIANTS)) wrong[name] = await check(site, shop);
  wrong['I10 outcomes never change'] = watcher.violations;
  return Object.fromEntries(Object.entries(wrong).filter(([, found]) => found.length > 0));
}

/** In one line: each broken invariant, how often, and its first case. */
export function tell(verdict: Verdict): string {
  return Object.entries(verdict)
    .map(([name, found]) => `${name} (${found.length}): ${found[0]}`)
    .join('; ');
}

/** What of `verdict` is new since `before`: one broken transaction does not fail every later scenario. */
export function since(before: Verdict, verdict: Verdict): Verdict {
  const fresh = Object.entries(verdict).map(([name, found]) => {
    const known = new Set(before[name]);
    return [name, found.filter((one) => !known.has(one))] as const;
  });
  return Object.fromEntries(fresh.filter(([, found]) => found.length > 0));
}
