/** A long history: no list looks at all of it at once, and what is rare is still found, page by page. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { systemClock } from '#observability';
import { World, branch, plan, type Answer, type Shown } from './world.js';

const HISTORY = 45_000;
/** More pages than the windows of that history, fewer than its rows by far. */
const MAX_PAGES = 5;

let world: World;
let rare: string;

/** Committed transactions of the last hour, as a year of work would leave them. */
const FILL = `
INSERT INTO concordat.transaction (gtx, timeout_ms, ledger_epoch, mode, fallback, branch_ids, participants, branches, deadline,
  next_at, ended_at, state, decision, attempts)
SELECT (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint - 3600000 + i), 12, '0') || '70008000' || lpad(to_hex(i), 12, '0'))::uuid,
  5000, 1, '2pc', 'none', '{a}', '{stock}',
  '[{"id":"a","participant":"stock","operation":"reserve","payload":{},"kind":"compensatable","after":[]}]',
  now(), now(), now(), 'COMMITTED', 'COMMIT',
  '[{"attempt":1,"mode":"2pc","decision":"COMMIT","reason":null,"decidedAt":null,"decidedBy":null}]'
FROM generate_series(1, ${HISTORY}) AS i`;

beforeAll(async () => {
  world = await World.start('coordinator-history');
  const refused = { branches: [branch('a', 'money', { payload: { vote: 'NO' } })] };
  const body = { ...refused, id: idOfAnHourAgo() };
  rare = (await world.post<Shown>('/v1/transactions?wait=applied', body)).body.id;
  const client = new pg.Client({ connectionString: world.postgres.url('ledger') });
  await client.connect();
  await client.query(FILL);
  await client.end();
});
afterAll(() => world.end());

/** Older than the whole history: the last to be found. */
function idOfAnHourAgo(): string {
  const hex = Math.round(systemClock.wallMs() - 7_200_000)
    .toString(16)
    .padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000001`;
}

interface Walk {
  readonly found: readonly string[];
  readonly pages: number;
}

async function walk(query: string): Promise<Walk> {
  const found: string[] = [];
  let pages = 0;
  for (let cursor: string | null = ''; cursor !== null; pages += 1) {
    const page: Answer<{ items: Shown[]; nextCursor: string | null }> = await world.get(
      `/v1/transactions?limit=200&${query}${cursor && `&cursor=${cursor}`}`,
    );
    found.push(...page.body.items.map(({ id }) => id));
    cursor = page.body.nextCursor;
  }
  return { found, pages };
}

describe('a filter that hardly anything matches', () => {
  it.each(['outcome=aborted', 'state=ABORTED', 'participant=money'])(
    '%s finds it in a few bounded pages',
    async (query) => {
      const { found, pages } = await walk(query);
      expect(found).toEqual([rare]);
      expect(pages).toBeGreaterThan(1);
      expect(pages).toBeLessThanOrEqual(MAX_PAGES);
    },
  );

  it('ends, with nothing, where nothing matches', async () => {
    const { found, pages } = await walk('participant=nobody');
    expect(found).toEqual([]);
    expect(pages).toBeLessThanOrEqual(MAX_PAGES);
  });

  it('by business key needs one page', async () => {
    const { body } = await world.post<Shown>(
      '/v1/transactions?wait=applied',
      plan({ businessKey: 'order-1' }),
    );
    expect(await walk('businessKey=order-1')).toEqual({ found: [body.id], pages: 1 });
  });
});

describe('what is live', () => {
  it.each(['state=PREPARING', 'state=QUARANTINED'])(
    '%s is found at once, whatever lies behind',
    async (query) => {
      expect(await walk(query)).toEqual({ found: [], pages: 1 });
    },
  );

  it('in doubt is found at once', async () => {
    const { body } = await world.get('/v1/recovery/in-doubt');
    expect(body).toEqual({ items: [], nextCursor: null });
  });
});
