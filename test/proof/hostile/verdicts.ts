import { INVARIANTS } from '../../crash/support/invariants.js';
import type { Site } from '../../crash/support/site.js';
import { wrongTraces } from '../../support/traces.js';
import type { Validated } from '#testkit';
import type { Check } from '../../../tools/proof/fragment.js';
import { storedLetters, wrongLetters } from './letters.js';
import { harmed, type Vitals } from './processes.js';
import { PROBES } from './probes.js';
import { MAKERS } from './misplaced.js';
import type { Siege } from './siege.js';
import { RARE_WAYS, WAYS } from './spoil.js';

/** Rows that hostile requests may make: a PUT is anybody's. */
const OWN_ROWS = new Set(['hostile-http']);

/** Every check of the layer, by name: what is wrong, nothing when all is well. */
export async function verdicts(
  site: Site,
  siege: Siege,
  after: readonly Vitals[],
  traces: Validated,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const invariants: Record<string, readonly string[]> = {};
  const view = withoutStrangers(site, siege.strangers);
  for (const [name, check] of Object.entries(INVARIANTS))
    invariants[name] = await check(view, siege.trade.shop);
  return {
    ...invariants,
    'I13 the specifications accept every good history': wrongTraces(traces),
    'I11 good transactions end as they must': siege.trade.surprises(),
    'I11 transactions nobody began change nothing': await strangersEffects(site, siege.strangers),
    'I11 one dead letter each, with the reason': wrongLetters(siege.sent, await storedLetters(site)),
    'I11 every process lives and is ready': await notReady(site),
    'memory growth < 100 MiB': harmed(siege.before, after),
    'HTTP: no 5xx, every refusal a problem': siege.wrongAnswers,
    'I15 every kind was fired': notFired(siege),
  };
}

/** The site as seen by whoever asks only for what the good trade did. */
function withoutStrangers(site: Site, strangers: ReadonlySet<string>): Site {
  const query = async <R extends object>(...args: Parameters<Site['query']>): Promise<R[]> => {
    const rows = await site.query<R & { gtx?: string; id?: string; sku?: string }>(...args);
    return rows.filter(({ gtx, id, sku }) => !strangers.has(gtx ?? '') && !OWN_ROWS.has(id ?? sku ?? ''));
  };
  return { ...site, query };
}

/** Of a made-up transaction the ledger knows a tombstone at most, and the business nothing. */
async function strangersEffects(site: Site, strangers: ReadonlySet<string>): Promise<readonly string[]> {
  const ids = [...strangers];
  const known = await site.query<{ gtx: string; state: string }>(
    'coordinator',
    'SELECT gtx, state FROM concordat.transaction WHERE gtx = ANY($1::uuid[]) AND NOT tombstone',
    [ids],
  );
  const booked = await site.query<{ gtx: string }>(
    'payments',
    'SELECT gtx FROM payments.entry WHERE gtx = ANY($1::uuid[])',
    [ids],
  );
  const left = [];
  for (const kind of ['orders', 'inventory', 'payments'] as const) {
    const text = `SELECT gtx, state FROM concordat.branch WHERE gtx = ANY($1::uuid[]) AND state IN ('PREPARED', 'COMMITTED', 'DONE')`;
    left.push(...(await site.query<{ gtx: string; state: string }>(kind, text, [ids])));
  }
  return [
    ...known.map(({ gtx, state }) => `${gtx} was made up and is ${state}`),
    ...booked.map(({ gtx }) => `${gtx} was made up and moved money`),
    ...left.map(({ gtx, state }) => `${gtx} was made up and has a branch ${state}`),
  ];
}

async function notReady({ cluster }: Site): Promise<readonly string[]> {
  const answers = await Promise.all(
    Object.entries(cluster.urls).map(async ([name, url]) => ({
      name,
      status: (await fetch(`${url}/health/ready`)).status,
    })),
  );
  return answers.flatMap(({ name, status }) => (status === 200 ? [] : [`${name} answers ${status}`]));
}

function notFired({ drawn, probed, endpointsProbed }: Siege): readonly string[] {
  const kinds = [...Object.keys(WAYS), ...Object.keys(RARE_WAYS), ...Object.keys(MAKERS)];
  const asked = new Set(probed.map(({ kind }) => kind));
  const [some, all] = endpointsProbed;
  return [
    ...kinds.filter((kind) => !drawn.has(kind)).map((kind) => `no record of the kind "${kind}"`),
    ...(asked.size < Object.keys(PROBES).length ? [`only ${asked.size} kinds of request`] : []),
    ...(some < all ? [`only ${some} of ${all} apps were asked`] : []),
  ];
}

const SHOWN = 12;

/** As the summary shows them. */
export function checksOf(found: Readonly<Record<string, readonly string[]>>, replay: string): Check[] {
  return Object.entries(found).map(([name, wrong]) => {
    if (wrong.length === 0) return { name, ok: true };
    const more = wrong.length > SHOWN ? [`… and ${wrong.length - SHOWN} more`] : [];
    return { name, ok: false, detail: [...wrong.slice(0, SHOWN), ...more].join('\n'), replay };
  });
}
