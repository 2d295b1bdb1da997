/** Layer `hostile` of the proof: good trade goes on, unchanged, among hostile records on every topic and hostile requests to every app. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createKafkaBus, type Bus } from '#messaging';
import { silentLog, systemClock } from '#observability';
import { temporaryDirectory, type TemporaryDirectory } from '#stack';
import { openSite, type Site } from '../../crash/support/site.js';
import { sourcesOf, validateTraces } from '../../support/traces.js';
import { assignmentOf, writeFragment } from '../../../tools/proof/fragment.js';
import { gaugedInto, growthMiB } from './processes.js';
import { Siege, type SiegeSize } from './siege.js';
import { checksOf, verdicts } from './verdicts.js';

const LAYER = 'hostile';
const SIZES: Readonly<Record<'ci' | 'release', SiegeSize>> = {
  ci: { waves: 20, recordsPerWave: 260, probesPerWave: 55 },
  release: { waves: 200, recordsPerWave: 260, probesPerWave: 55 },
};

const assignment = assignmentOf(LAYER);
const seed = assignment.seed ?? systemClock.wallMs() % 2_147_483_647;
const replay = `PROOF_SIZE=${assignment.size} PROOF_SEED=${seed} npm run jest -- test/proof/hostile`;
const say = (line: string): void => void process.stdout.write(`${LAYER}: ${line}\n`);

// At release size it takes what it takes.
if (assignment.size === 'release') jest.setTimeout(2 * 3_600_000);

describe('hostile input', () => {
  let site: Site;
  let bus: Bus;
  let siege: Siege;
  let gauges: TemporaryDirectory;
  beforeAll(async () => {
    say(`seed ${seed}`);
    // The fate of the good orders must depend on nothing but hostility: not on a slow machine either.
    gauges = await temporaryDirectory('gauges');
    const env = { CONCORDAT_PREPARE_TIMEOUT_MS: '60000', LOG_LEVEL: 'error' };
    site = await openSite(LAYER, { env: { ...env, NODE_OPTIONS: gaugedInto(gauges.path) } });
    bus = createKafkaBus({ brokers: site.kafka.brokers.split(','), clientId: LAYER, log: silentLog });
    siege = new Siege(site, bus, seed, say, gauges.path);
  });
  afterAll(async () => {
    await siege?.close();
    await bus?.close();
    await site?.close();
    await gauges?.remove();
  });

  it('changes no live transaction and no business row, and harms no process', async () => {
    await siege.run(SIZES[assignment.size]);
    const quietMs = await siege.quiet();
    const after = await siege.vitals();
    const { strangers } = siege;
    const traces = await validateTraces(sourcesOf(site.cluster), (gtx) => !strangers.has(gtx));
    const checks = checksOf(await verdicts(site, siege, after, traces), replay);
    const { sent, probed, trade, drawn, before } = siege;
    writeFragment(assignment.fragmentFile, {
      layer: LAYER,
      figures: {
        seed,
        'good transactions': trade.shop.journal.length,
        'hostile records': sent.length,
        'refused, each by one dead letter': sent.filter(({ reasons }) => reasons.length > 0).length,
        'hostile requests': probed.length,
        'traces accepted': traces.traces,
        'quiet again after ms': Math.round(quietMs),
        ...growthMiB(before, after),
      },
      checks,
      table: { columns: ['kind of record', 'fired'], rows: [...drawn].sort().map((row) => [...row]) },
    });

    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect([sent.length >= 5_000, probed.length >= 1_000, trade.shop.journal.length >= 1_000]).toEqual([
      true,
      true,
      true,
    ]);
  });
});
