/** What the layer believes and how it judges, without a stack: a checker that cannot refuse proves nothing. */
import { describe, expect, it } from '@jest/globals';
import {
  decodeCommands, decodeDeadLetter, decodeInitiator, decodeOutcome, decodeReplies, decodeRequest, topicNames,
} from '#wire'; // prettier-ignore
import type { OutgoingRecord } from '#messaging';
import type { DecodeResult } from '#wire';
import { Dice } from '../../crash/support/random.js';
import type { JournalEntry } from '../../crash/support/shop.js';
import { surprisesIn } from './good-trade.js';
import type { Hostile } from './hostile-record.js';
import { wrongAnswer, type Answer, type Probe } from './http-client.js';
import { wrongLetters, type Letter } from './letters.js';
import { harmed, type Vitals } from './processes.js';
import { drawProbes, PROBES } from './probes.js';
import { shapesByTopic } from './shapes.js';
import { PACK_WAYS } from './spoil-packs.js';
import { RARE_WAYS, WAYS } from './spoil.js';
import { Gunner } from './volley.js';

const SEED = 4_711;
const topics = topicNames('proof');
const shapes = shapesByTopic(topics, SEED);
const gunner = (): Gunner => {
  const around = { topics, tap: { pick: () => null }, partitions: 12, dice: new Dice(SEED) };
  return new Gunner(around, shapes);
};

const SPOILT = { ...WAYS, ...PACK_WAYS, ...RARE_WAYS };

/** Of every message in the record. */
function decodedAll({ topic, key, value, headers }: OutgoingRecord): readonly DecodeResult<unknown>[] {
  const record = { key, value, headers };
  if (topic === topics.requests) return [decodeRequest(record)];
  if (topic === topics.replies) return decodeReplies(record);
  if (topic === topics.outcomes) return [decodeOutcome(record)];
  if (topic === topics.deadLetters) return [decodeDeadLetter(record)];
  return topic.includes('.initiators.') ? [decodeInitiator(record)] : decodeCommands(record);
}
const decoded = (record: OutgoingRecord) => decodedAll(record)[0]!;

describe('a shape', () => {
  it('is valid before it is spoiled', () => {
    const invalid = [...shapes.values()].flat().filter(({ body, ...shape }) => {
      return !decoded({ ...shape, value: Buffer.from(JSON.stringify(body)) }).ok;
    });
    expect(invalid).toEqual([]);
  });
});

describe('each way to spoil a message', () => {
  it.each(Object.entries(SPOILT))('%s is refused for the reason it claims', (name, way) => {
    const dice = new Dice(SEED);
    const rounds = name in RARE_WAYS ? 3 : 60;
    const surprises: unknown[] = [];
    let tried = 0;
    for (const [topic, kinds] of shapes)
      for (let round = 0; round < rounds; round += 1) {
        const shape = dice.pick(kinds);
        const done = way(shape, dice);
        if (!done) continue;
        const { key = shape.key, headers = shape.headers, value, reason } = done;
        const results = decodedAll({ topic, key, headers, value });
        const was = results.map((result) => (result.ok ? 'taken' : result.reason));
        tried += 1;
        if (was.length === 0 || was.some((one) => one !== reason))
          surprises.push({ topic, was, reason, headers, value: String(value).slice(0, 400) });
      }
    expect(surprises.slice(0, 3)).toEqual([]);
    expect(tried).toBeGreaterThan(0);
  });

  it('leaves no trace on the prototype of objects', () => {
    gunner()
      .volley(500)
      .map(({ record }) => decoded(record));
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('hostile requests', () => {
  it('are drawn of every kind, also where few endpoints take it', () => {
    const at = (method: string, path: string) => ({ app: 'a', url: 'http://a', method, path });
    const many = Array.from({ length: 50 }, (_, index) => at('GET', `/v1/things/${index}`));
    const endpoints = [...many, at('POST', '/v1/transactions'), at('GET', '/v1/transactions/{id}')];
    const kinds = Object.keys(PROBES).length;
    const drawn = drawProbes(endpoints, kinds, new Dice(SEED));
    expect(new Set(drawn.map(({ kind }) => kind)).size).toBe(kinds);
  });
});

describe('what is well formed and wrong', () => {
  it('can be read: it is the receiver who must refuse it', () => {
    const unread = gunner()
      .volley(2_000)
      .filter(({ kind, record }) => !(kind in SPOILT) && !decoded(record).ok);
    expect(unread).toEqual([]);
  });
});

describe('a volley', () => {
  it('is the same for the same seed, but for fresh ids', () => {
    const kinds = () =>
      gunner()
        .volley(300)
        .map(({ kind, reasons }) => [kind, reasons]);
    expect(kinds()).toEqual(kinds());
  });
});

const record = { topic: 't', key: 'k', value: null, headers: {} };
const refused: Hostile = { mark: '1', kind: 'cut off', record, reasons: ['BAD_JSON'] };
const taken: Hostile = { mark: '2', kind: 'again', record, reasons: [] };
const letter: Letter = { mark: '1', reason: 'BAD_JSON', topic: 't', at: 't/0/1' };

describe('the judge of dead letters', () => {
  it('accepts one letter for what is refused and none for what is taken', () => {
    expect(wrongLetters([refused, taken], [letter])).toEqual([]);
  });

  it.each<[string, readonly Letter[]]>([
    ['a missing one', []],
    ['another reason', [{ ...letter, reason: 'INVALID' }]],
    ['another topic', [{ ...letter, topic: 'u' }]],
    ['two of one record', [letter, { ...letter, at: 't/0/2' }]],
    ['two of one offset', [letter, { ...letter, mark: '1' }]],
    ['one of a taken record', [letter, { ...letter, mark: '2', at: 't/0/2' }]],
    ['one that nobody caused', [letter, { ...letter, mark: null, at: 't/0/3' }]],
  ])('refuses %s', (_what, letters) => {
    expect(wrongLetters([refused, taken], letters)).not.toEqual([]);
  });
});

describe('the judge of processes', () => {
  const one: Vitals = { name: 'orders-1', pid: 7, residentMiB: 100, heldMiB: 50 };
  const before: readonly Vitals[] = [one];
  it.each<[string, readonly Vitals[]]>([
    ['a death', [{ ...one, residentMiB: null, heldMiB: null }]],
    ['a replacement', [{ ...one, pid: 8 }]],
    ['growth', [{ ...one, residentMiB: 201 }]],
    ['a leak that the size of the process does not show', [{ ...one, heldMiB: 61 }]],
    ['an absence', []],
  ])('refuses %s', (_what, after) => {
    expect(harmed(before, after)).toHaveLength(1);
    expect(harmed(before, before)).toEqual([]);
  });
});

describe('the judge of good orders', () => {
  it('refuses one that came to another end', () => {
    const entry = { status: 'REJECTED', reason: 'X' } as JournalEntry;
    expect(surprisesIn([entry], () => false)).toHaveLength(1);
    expect(surprisesIn([entry], () => true)).toEqual([]);
  });
});

describe('the judge of answers', () => {
  const probe: Probe = { kind: 'bad JSON', url: 'u', method: 'POST', path: '/', headers: {}, body: null };
  const problem = { type: 'urn:x', title: 'Bad', status: 400, detail: 'd', code: 'CONCORDAT_BAD_JSON' };
  const good: Answer = {
    status: 400,
    type: 'application/problem+json',
    retryAfter: null,
    text: JSON.stringify(problem),
  };

  it('accepts a problem', () => {
    expect(wrongAnswer({ ...probe, statuses: [400] }, good)).toBeNull();
  });

  it('accepts that an app is not ready only with the part that fails, and only where readiness is asked', () => {
    const away = {
      ...good,
      status: 503,
      type: 'application/json',
      text: '{"ready":false,"checks":{"broker":{"ok":false}}}',
    };
    expect(wrongAnswer({ ...probe, path: '/health/ready' }, away)).toBeNull();
    expect(
      wrongAnswer({ ...probe, path: '/health/ready' }, { ...away, text: '{"ready":false}' }),
    ).not.toBeNull();
    expect(wrongAnswer({ ...probe, path: '/health/live' }, away)).not.toBeNull();
  });

  it.each<[string, Answer | null]>([
    ['silence', null],
    ['a 500', { ...good, status: 500 }],
    ['a 503 that does not say when to come back', { ...good, status: 503 }],
    ['a refusal that is no problem', { ...good, type: 'text/html' }],
    ['a problem of another status', { ...good, status: 404 }],
    ['a problem without a code', { ...good, text: JSON.stringify({ ...problem, code: 'x' }) }],
    ['a 200 where only 400 is right', { ...good, status: 200 }],
  ])('refuses %s', (_what, answer) => {
    expect(wrongAnswer({ ...probe, statuses: [400, 404, 503] }, answer)).not.toBeNull();
  });
});
