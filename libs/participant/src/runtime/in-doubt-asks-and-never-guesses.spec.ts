import { describe, expect, it } from '@jest/globals';
import { systemRandom } from '#observability';
import { MemoryBranchStore, MemoryServer } from '#persistence';
import { encodeOutcome } from '#wire';
import {
  commit,
  gtxOf,
  prepare,
  readCount,
  sagaOperation,
  tccOperation,
  xaOperation,
} from '../fixtures/participant.fixture.js';
import { ManualClock, settled } from '../fixtures/manual-clock.fixture.js';
import { incoming, RecordingBus } from '../fixtures/recording-bus.fixture.js';
import { RecordingLog, RecordingMetrics } from '#observability';
import { createParticipant } from './create-participant.js';
import type { Fetch } from './inquiries.js';
import type { ParticipantOptions } from './options.js';

interface Asked {
  readonly url: string;
  readonly body: { readonly gtx: string; readonly ledgerEpoch: number };
}

/** Coordinators that answer over HTTP what `answer` says; an Error means that nobody listens there. */
function coordinators(answer: (asked: Asked) => string | Error) {
  const asked: Asked[] = [];
  const fetch = (async (url: URL, init: { body: string }) => {
    const question = { url: String(url), body: JSON.parse(init.body) as Asked['body'] };
    asked.push(question);
    const outcome = answer(question);
    if (outcome instanceof Error) throw outcome;
    return { ok: true, json: async () => ({ outcome }) };
  }) as unknown as Fetch;
  return { asked, fetch };
}

function shop(more: Partial<ParticipantOptions> = {}) {
  const clock = new ManualClock();
  const server = new MemoryServer({ clock });
  const [bus, log, metrics] = [new RecordingBus(), new RecordingLog(), new RecordingMetrics()];
  const store = new MemoryBranchStore({ server, database: 'shop', participant: 'shop', lockTimeoutMs: 0 });
  const participant = createParticipant({
    ...{ name: 'shop', operations: [xaOperation, tccOperation, sagaOperation], store, bus, instance: 'one' },
    ...{ clock, random: systemRandom, log, metrics, helloEveryMs: 3_600_000, ...more },
  });
  const inquiries = () => bus.replies.filter(({ type }) => type === 'INQUIRY');
  const deliver = (...commands: Parameters<typeof incoming>[0][]) =>
    participant.accept(commands.map((one) => incoming(one))).all();
  return { clock, server, bus, log, metrics, participant, inquiries, deliver };
}

describe('a branch in doubt', () => {
  it('asks over Kafka after inquireAfterMs, not before, and again with growing pauses', async () => {
    const { clock, participant, inquiries, deliver } = shop();
    await participant.start();
    await deliver(
      prepare('charge', { gtx: gtxOf(1) }),
      prepare('reserve', { gtx: gtxOf(2), ledgerEpoch: 7 }),
    );

    await clock.advance(9_000);
    expect(inquiries()).toEqual([]);
    await clock.advance(4_000);
    expect(inquiries()).toMatchObject([
      { gtx: gtxOf(1), ledgerEpoch: 0 },
      { gtx: gtxOf(2), ledgerEpoch: 7 },
    ]);

    await clock.advance(120_000);
    expect(inquiries().length).toBeGreaterThan(4);
    expect(inquiries().length).toBeLessThan(12);
    await participant.stop();
  });

  it.each(['PENDING', 'UNKNOWN', new Error('nobody listens')])(
    'stays prepared whatever else is answered: %s',
    async (answer) => {
      const { fetch, asked } = coordinators(() => answer);
      const { clock, server, participant, deliver } = shop({
        fetch,
        coordinatorUrls: ['http://a', 'http://b'],
      });
      await participant.start();
      await deliver(prepare('charge'));

      await clock.advance(180_000);

      expect(asked.length).toBeGreaterThan(0);
      expect(server.preparedIn(server.database('shop'))).toHaveLength(1);
      await participant.stop();
    },
  );

  it('takes the outcome that any coordinator tells over HTTP', async () => {
    const { fetch, asked } = coordinators(({ url, body }) => {
      if (url.startsWith('http://a')) return new Error('down');
      return body.gtx === gtxOf(1) ? 'COMMIT' : 'ABORT';
    });
    const { clock, server, bus, participant, deliver } = shop({
      fetch,
      coordinatorUrls: ['http://a', 'http://b'],
    });
    await participant.start();
    await deliver(
      prepare('charge', { gtx: gtxOf(1) }),
      prepare('charge', { gtx: gtxOf(2) }),
      prepare('reserve', { gtx: gtxOf(3) }),
    );

    await clock.advance(60_000);

    expect(asked[0]?.url).toBe('http://a/v1/inquiries');
    expect(server.preparedIn(server.database('shop'))).toEqual([]);
    expect([1, 2].map((n) => readCount(server, 'charged', { gtx: gtxOf(n) }))).toEqual([1, 0]);
    expect(readCount(server, 'cancelled', { gtx: gtxOf(3) })).toBe(1);
    expect(bus.replies.filter(({ type }) => type === 'ACK')).toHaveLength(3);
    await participant.stop();
  });

  it('reads the outcomes topic itself when nobody answers, and leaves it when nothing is in doubt', async () => {
    const { clock, server, bus, participant, deliver } = shop();
    await participant.start();
    await deliver(prepare('charge', { gtx: gtxOf(1) }), prepare('reserve', { gtx: gtxOf(2) }));
    await clock.advance(30_000);

    const outcomes = bus.subscriptions.find(({ topics }) => topics[0] === 'concordat.outcomes')!;
    expect(outcomes.from).toBe('earliest');
    const said = (n: number, attempt: number, outcome: 'COMMIT' | 'ABORT') => {
      const record = encodeOutcome({
        type: 'OUTCOME',
        gtx: gtxOf(n),
        attempt,
        outcome,
        reason: null,
        ledgerEpoch: 1,
      });
      return { topic: 'concordat.outcomes', partition: 0, offset: String(n), ...record };
    };
    await outcomes.handler([
      said(1, 2, 'ABORT'),
      said(1, 1, 'COMMIT'),
      said(2, 1, 'ABORT'),
      said(9, 1, 'ABORT'),
    ]);
    await clock.advance(5_000);

    expect(readCount(server, 'charged', { gtx: gtxOf(1) })).toBe(1);
    expect(readCount(server, 'cancelled', { gtx: gtxOf(2) })).toBe(1);
    expect(outcomes.stopped).toBe(true);
    await participant.stop();
  });

  it('that ended while its inquiry was under way takes no outcome from it', async () => {
    const { fetch } = coordinators(() => 'ABORT');
    const slowFetch = (async (...question: Parameters<Fetch>) => {
      await one.deliver(commit());
      return fetch(...question);
    }) as Fetch;
    const one = shop({ fetch: slowFetch, coordinatorUrls: ['http://a'] });
    await one.participant.start();
    await one.deliver(prepare('charge'));

    await one.clock.advance(60_000);

    expect(readCount(one.server, 'charged')).toBe(1);
    expect(one.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
    expect(one.bus.replies.filter(({ type }) => type === 'ACK')).toMatchObject([{ state: 'COMMITTED' }]);
    await one.participant.stop();
  });

  it('is alarmed once after alarmAfterMs and counted until it ends', async () => {
    const { clock, log, metrics, participant, deliver } = shop();
    const alarms = () => log.lines.filter(({ level }) => level === 'error');
    await participant.start();
    await deliver(prepare('charge'));

    await clock.advance(59_000);
    expect(alarms()).toEqual([]);
    await clock.advance(10_000);
    expect(alarms()).toHaveLength(1);
    expect(metrics.value('concordat_in_doubt_alarms', { participant: 'shop' })).toBe(1);
    expect(metrics.value('concordat_prepared_transactions', { participant: 'shop' })).toBe(1);

    await deliver(commit());
    await clock.advance(5_000);
    expect(metrics.value('concordat_in_doubt_alarms', { participant: 'shop' })).toBe(0);
    expect(metrics.value('concordat_prepared_transactions', { participant: 'shop' })).toBe(0);
    await participant.stop();
  });
});

describe('the watch', () => {
  it('goes on after the database was away', async () => {
    const { clock, server, participant, inquiries, deliver } = shop();
    await participant.start();
    await deliver(prepare('charge'));
    server.crash();
    await clock.advance(30_000);
    expect(inquiries()).toEqual([]);

    server.start();
    await clock.advance(5_000);
    await settled();

    expect(inquiries().length).toBeGreaterThan(0);
    await participant.stop();
  });
});
