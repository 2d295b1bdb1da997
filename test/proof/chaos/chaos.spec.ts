/** The layer "chaos" of the proof: every scenario on one installation, each followed by heal, settle and every invariant. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { assignmentOf } from '../../../tools/proof/fragment.js';
import { sourcesOf, validateTraces, wrongTraces } from '../../support/traces.js';
import { Dice } from '../../crash/support/random.js';
import { Shop } from '../../crash/support/shop.js';
import { detectLoss } from './scenarios/async-standby.js';
import { SCENARIOS } from './scenarios/index.js';
import { brokenPromise, Chaos, requirePromise } from './support/chaos.js';
import type { Scenario } from './support/chaos.js';
import { corruptEach } from './support/corruptions.js';
import { beforeDeadline, deadlineMs, Overdue } from './support/deadline.js';
import { stillOpen } from './support/evidence.js';
import { keepLogs } from '../keep-logs.js';
import { Load, OPENING } from './support/load.js';
import { patient } from './support/patience.js';
import { Phases } from './support/phases.js';
import { Report } from './support/report.js';
import { openChaosSite } from './support/site.js';
import type { ChaosSite } from './support/site.js';
import { judge, since, tell } from './support/verdict.js';
import type { Verdict } from './support/verdict.js';
import { Watcher } from './support/watcher.js';

const { size, seed, fragmentFile } = assignmentOf('chaos');
const SEED = seed ?? Date.now() % 1_000_000;
const ONLY = process.env['PROOF_ONLY'];
const ACCEPT_MS = 60_000;
const ROUNDS = size === 'release' ? 5 : 1;
const counts = {
  coordinators: Number(process.env['PROOF_COORDINATORS'] ?? 3),
  watchdogs: 2,
  participants: Number(process.env['PROOF_PARTICIPANTS'] ?? 2),
};

const wanted = (name: string): boolean => ONLY === undefined || ONLY.split(',').includes(name);

describe(`chaos (seed ${SEED})`, () => {
  const report = new Report(SEED, fragmentFile);
  const dice = new Dice(SEED);
  let site: ChaosSite;
  let shop: Shop;
  let watcher: Watcher;
  let known: Verdict = {};
  /** The scenario after which the installation was not whole again: what is tried on it would say nothing. */
  let ruinedBy: string | undefined;

  beforeAll(async () => {
    const opening = report.timed('open', async () => {
      site = await openChaosSite(counts);
      shop = new Shop(site, OPENING, () => patient(ACCEPT_MS));
      await shop.open();
    });
    opening.catch((error: unknown) => report.cannotOpen(error));
    await opening;
    watcher = new Watcher(site, shop, new Dice(SEED + 1));
  });
  afterAll(async () => {
    report.write();
    await watcher?.stop();
    await site?.close();
  });

  const customers = (): Chaos => new Chaos(site, shop, new Load(shop, dice), dice, ROUNDS);

  async function strikeAndJudge(scenario: Scenario, chaos: Chaos, phases: Phases): Promise<string> {
    const seen = await phases.timed('struck', () => scenario.strike(chaos));
    await phases.timed('healed', () => chaos.heal());
    const rest = await phases.timed('rested', () => chaos.rest());
    const verdict = await phases.timed('judged', () => judge(site, shop, watcher));
    const fresh = since(known, verdict);
    known = verdict;
    const { settleMs } = rest;
    report.ran(scenario.name, { orders: await chaos.load.stop(), kills: chaos.kills, settleMs });
    const broken = [brokenPromise(rest) ?? [], tell(fresh) || []].flat();
    if (broken.length > 0) throw new Error(broken.join('; '));
    return `${seen}; settled in ${Math.round(settleMs)} ms (${phases.told})`;
  }

  /** After a blow that failed: whether all is well again. Not asked where the blow may still be under way. */
  async function mends(chaos: Chaos, fault: unknown): Promise<boolean> {
    if (fault instanceof Overdue) return false;
    try {
      await chaos.heal();
      await chaos.rest();
      return true;
    } catch (error) {
      process.stdout.write(`  not whole again: ${(error as Error).message}\n`);
      return false;
    }
  }

  async function run(scenario: Scenario): Promise<string> {
    const chaos = customers();
    const phases = new Phases();
    const where = async (): Promise<string> =>
      `${phases.current}\n${await stillOpen(site, shop).catch(String)}`;
    try {
      return await beforeDeadline(deadlineMs(size), where, () => strikeAndJudge(scenario, chaos, phases));
    } catch (error) {
      if (!phases.over('rested') && !(await mends(chaos, error))) ruinedBy = scenario.name;
      process.stdout.write(`  logs: ${await keepLogs(site.directory.path, `chaos-${scenario.name}`)}\n`);
      throw error;
    } finally {
      report.selfEnded(chaos.selfEnded);
      chaos.load.close();
    }
  }

  /** One check, on an installation that is whole. */
  const tried = (name: string, title: string, work: () => Promise<string>): Promise<boolean> =>
    report.check(name, title, async () => {
      if (ruinedBy !== undefined) throw new Error(`not tried: not whole since ${ruinedBy}`);
      return work();
    });

  const scenarios = SCENARIOS.filter(({ name }) => wanted(name)).map(
    (scenario) => [scenario.name, scenario] as const,
  );

  // With only the controls asked for there is none to run.
  if (scenarios.length > 0)
    it.each(scenarios)('%s: every invariant holds afterwards', async (name, scenario) => {
      const obstacle = scenario.impossible?.(site);
      if (obstacle !== undefined) report.notTried(name, obstacle);
      else expect(await tried(name, scenario.title, () => run(scenario))).toBe(true);
    });

  if (wanted('traces'))
    it('traces: the specifications accept the history of every transaction', async () => {
      const work = async (): Promise<string> => {
        const validated = await validateTraces(sourcesOf(site.cluster));
        const wrong = wrongTraces(validated);
        if (wrong.length > 0) throw new Error(`I13 (${wrong.length}): ${wrong.slice(0, 5).join('; ')}`);
        report.accepted(validated.traces);
        return `${validated.traces} traces accepted`;
      };
      const title = 'I13 the specifications accept the history of every transaction';
      expect(await tried('traces', title, work)).toBe(true);
    });

  if (wanted('checkers'))
    it('checkers: each one refuses a corrupted row', async () => {
      const work = async (): Promise<string> => {
        const chaos = customers();
        await chaos.load.more(30);
        requirePromise(await chaos.rest());
        return corruptEach(site, shop);
      };
      expect(await tried('checkers', 'each invariant refuses a corrupted row', work)).toBe(true);
    });

  if (wanted('async-standby'))
    it('async-standby: a failover that loses is reported as loss', async () => {
      const work = (): Promise<string> => detectLoss(customers(), watcher);
      const title = 'control: failover to an asynchronous standby held back is reported as loss';
      expect(await tried('async-standby', title, work)).toBe(true);
    });
});
