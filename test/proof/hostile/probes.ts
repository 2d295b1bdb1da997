/** Hostile requests, drawn from a seed. */
import type { Dice } from '../../crash/support/random.js';
import { badValuesOf } from './bad-values.js';
import { fittingBody, forOperators, hasBody, pathOf, type Endpoint } from './endpoints.js';
import type { Probe } from './http-client.js';
import { RAW } from './raw-requests.js';

type ProbeWay = (endpoint: Endpoint, dice: Dice) => Probe | null;

const JSON_TYPE = { 'content-type': 'application/json' };

function probe(kind: string, endpoint: Endpoint, over: Partial<Probe> = {}): Probe {
  const { url, method } = endpoint;
  const base = { kind, url, method, path: pathOf(endpoint), headers: {}, body: null };
  const made = { ...base, ...over };
  if (made.body === null) return made;
  return { ...made, headers: { ...JSON_TYPE, 'content-length': String(made.body.length), ...made.headers } };
}

/** A way that sends a body; null where none is taken. */
const withBody =
  (kind: string, statuses: readonly number[], body: (endpoint: Endpoint, dice: Dice) => Buffer): ProbeWay =>
  (endpoint, dice) =>
    hasBody(endpoint) ? probe(kind, endpoint, { body: body(endpoint, dice), statuses }) : null;

const text = (endpoint: Endpoint): string => JSON.stringify(fittingBody(endpoint));
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

const NO_JSON = [
  '',
  '{',
  '{"a":1,}',
  "{'a':1}",
  'undefined',
  '{}{}',
  '\u0000',
  '\ufeff{}',
  'NaN',
  '['.repeat(200_000),
  '{"a":'.repeat(100_000),
];
const badJson = withBody('bad JSON', [400], (endpoint, dice) => {
  const whole = Buffer.from(text(endpoint));
  return dice.next() < 0.5 ? whole.subarray(0, dice.below(whole.length)) : Buffer.from(dice.pick(NO_JSON));
});

const notUtf8 = withBody('not UTF-8', [400], (endpoint, dice) => {
  const whole = Buffer.from(text(endpoint));
  whole[dice.below(whole.length)] = 0xff;
  return whole;
});

const NO_OBJECT = [[], null, 5, 'text', true, [[]], -0];
const noObject = withBody('no object', [400], (_endpoint, dice) => json(dice.pick(NO_OBJECT)));

const deepNesting = withBody('deep nesting', [400], (_endpoint, dice) => {
  const depth = dice.pick([40, 1_000, 100_000]);
  return Buffer.from(
    dice.next() < 0.5
      ? `${'['.repeat(depth)}${']'.repeat(depth)}`
      : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`,
  );
});

const KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '',
  'surprise',
  '\u0000',
  '💣',
];
const extraKey = withBody('prototype and other keys', [400], (endpoint, dice) => {
  const name = JSON.stringify(dice.pick(KEYS));
  return Buffer.from(`{${name}:{"polluted":true,"isAdmin":true},${text(endpoint).slice(1)}`);
});

/** 422 where it is well formed and yet impossible. */
const badField = withBody('bad field', [400, 422], (endpoint, dice) => {
  const body = fittingBody(endpoint);
  const name = dice.pick(Object.keys(body));
  const bad = dice.pick([
    ...badValuesOf(name),
    ...badValuesOf('branch').filter((value) => typeof value !== 'string'),
  ]);
  return json({ ...body, [name]: dice.pick([bad, { surprise: 1 }, [[]]]) });
});

const missingField = withBody('missing field', [400], (endpoint, dice) => {
  const body = fittingBody(endpoint);
  const gone = dice.pick(Object.keys(body));
  return json(Object.fromEntries(Object.entries(body).filter(([name]) => name !== gone)));
});

const hugeBody = withBody('huge body', [413], (_endpoint, dice) =>
  Buffer.alloc(1_048_577 + dice.below(2_000_000), 'x'),
);

const TYPES = [
  'text/xml',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json; charset=latin1',
  'application/jsonp',
  '',
];
const otherMediaType: ProbeWay = (endpoint, dice) => {
  if (!hasBody(endpoint)) return null;
  const headers =
    dice.next() < 0.3
      ? { 'content-encoding': dice.pick(['gzip', 'br', 'x']) }
      : { 'content-type': dice.pick(TYPES) };
  return probe('other media type', endpoint, {
    headers,
    body: Buffer.from(text(endpoint)),
    statuses: [400, 415],
  });
};

const METHODS = ['DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'PURGE', 'M-SEARCH'];
const wrongMethod: ProbeWay = (endpoint, dice) =>
  probe('wrong method', endpoint, { method: dice.pick(METHODS), statuses: [400, 404, 405, 415, 501] });

const PATHS = [
  '/..', '/../..', '/%2e%2e', '/%2e%2e%2f%2e%2e%2fetc/passwd', '/%00', '/%zz', '/%', '/%ff%fe', '/%F0%9F%92%A3', '/%2F', '//', '/.',
  ';a=b', '/'.repeat(200), '/constructor', '/__proto__', '/a'.repeat(2_000), `/${'x'.repeat(300)}`, '%20', '#', '/*', '/$%7Bjndi:ldap://x%7D',
]; // prettier-ignore
const pathTrick: ProbeWay = (endpoint, dice) => {
  const base = pathOf(endpoint);
  const path = dice.pick([
    `${base}${dice.pick(PATHS)}`,
    `/.${base}`,
    `/${base}`,
    `/x/..${base}`,
    base.toUpperCase(),
  ]);
  return probe('path trick', endpoint, { path, ...(hasBody(endpoint) && { body: Buffer.from('{}') }) });
};

const IDS = ['%00', '%20', '..%2f..', "'%20OR%201=1--", 'null', '-1', '0', '1e9', '9'.repeat(40), 'a'.repeat(257), '%F0%9F%92%A3', '__proto__', 'constructor', '*', '%5B%5D', 'NaN', '019A0000-0000-7000-8000-00000000000A']; // prettier-ignore
const badId: ProbeWay = (endpoint, dice) => {
  if (!endpoint.path.includes('{')) return null;
  const path = pathOf(endpoint, dice.pick(IDS));
  return probe('bad id', endpoint, {
    path,
    ...(hasBody(endpoint) && { body: Buffer.from('{}'), statuses: [400, 404, 414] }),
  });
};

const QUERIES = [
  'limit=0', 'limit=201', 'limit=-1', 'limit=1e9', 'limit=ten', 'limit=5&limit=6', 'limit[]=5', '__proto__[polluted]=1', 'constructor=1',
  'cursor=%00', 'cursor=garbage', 'cursor=e30', `cursor=${'A'.repeat(4_000)}`, 'wait=for+ever', 'wait=decided&wait=applied', 'waitMs=-1',
  'state=MAYBE', 'outcome=%27', 'olderThanMs=-5', 'olderThanMs=99999999999999999999', 'dryRun=maybe', 'x=y', '%zz=1', '&&&', '=', '%F0%9F%92%A3=1',
]; // prettier-ignore
const badQuery: ProbeWay = (endpoint, dice) => {
  const path = `${pathOf(endpoint)}?${dice.pick(QUERIES)}`;
  return probe('bad query', endpoint, { path, ...(hasBody(endpoint) && { body: Buffer.from('{}') }) });
};

const KEYS_OF_REQUESTS = ['', ' ', 'k'.repeat(129), 'k\u00e9y', '\u00ff\u00fe', 'k\ty', 'k'.repeat(6_000)];
const badIdempotencyKey: ProbeWay = (endpoint, dice) => {
  const takesKey = ['/v1/transactions', '/orders'].includes(endpoint.path) && hasBody(endpoint);
  if (!takesKey) return null;
  const headers = { 'idempotency-key': dice.pick(KEYS_OF_REQUESTS) };
  return probe('bad idempotency key', endpoint, {
    headers,
    body: Buffer.from(text(endpoint)),
    statuses: [400],
  });
};

const HEADERS: readonly Readonly<Record<string, string>>[] = [
  { 'x-huge': 'h'.repeat(20_000) },
  { traceparent: 'garbage' },
  { traceparent: `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01` },
  { accept: 'text/html;q=nonsense' },
  { 'x-forwarded-for': "'; DROP TABLE x; --" },
  { cookie: 'c'.repeat(8_000) },
  { range: 'bytes=0-,1-,2-' },
  { expect: 'the-impossible' },
  { upgrade: 'h2c', connection: 'upgrade' },
  { 'if-none-match': '*' },
];
const oddHeaders: ProbeWay = (endpoint, dice) => {
  if (forOperators(endpoint)) return null;
  const body = hasBody(endpoint) ? Buffer.from('{') : null;
  return probe('odd headers', endpoint, { headers: dice.pick(HEADERS), body });
};

/** Well formed and without effect: it must be answered in order, among all the noise. */
const proper: ProbeWay = (endpoint) => {
  if (forOperators(endpoint)) return null;
  const path = pathOf(endpoint, endpoint.method === 'PUT' ? 'hostile-http' : undefined);
  return probe('proper', endpoint, { path, body: hasBody(endpoint) ? Buffer.from(text(endpoint)) : null });
};

const notHttp: ProbeWay = (endpoint, dice) => probe('not HTTP', endpoint, { path: '', raw: dice.pick(RAW) });

export const PROBES: Readonly<Record<string, ProbeWay>> = {
  badJson, notUtf8, noObject, deepNesting, extraKey, badField, missingField, hugeBody, otherMediaType, wrongMethod, pathTrick,
  badId, badQuery, badIdempotencyKey, oddHeaders, proper, notHttp,
}; // prettier-ignore

/** Draws `count` probes: ways in turn, so that each comes often, each at an endpoint it has something for. */
export function drawProbes(endpoints: readonly Endpoint[], count: number, dice: Dice): readonly Probe[] {
  const ways = Object.values(PROBES);
  const probes: Probe[] = [];
  for (let at = 0; probes.length < count; at += 1)
    probes.push(drawn(ways[at % ways.length]!, endpoints, dice));
  return probes;
}

/** Throws Error when there is no endpoint the way has something for. */
function drawn(way: ProbeWay, endpoints: readonly Endpoint[], dice: Dice): Probe {
  const from = dice.below(endpoints.length);
  for (const endpoint of [...endpoints.slice(from), ...endpoints.slice(0, from)]) {
    const made = way(endpoint, dice);
    if (made) return made;
  }
  throw new Error('a way of asking has no endpoint');
}
