import type { Bus } from '#messaging';
import { topicNames } from '#wire';
import type { Topics } from '#wire';
import { Dice } from '../../crash/support/random.js';
import type { Site } from '../../crash/support/site.js';
import { until, within } from '../../crash/support/until.js';
import { endpointsOf, type Endpoint } from './endpoints.js';
import { GoodTrade, WAVE } from './good-trade.js';
import type { Hostile } from './hostile-record.js';
import { HttpClient, told, wrongAnswer, type Probe } from './http-client.js';
import { storedLetters } from './letters.js';
import { drawProbes } from './probes.js';
import { vitalsOf, type Vitals } from './processes.js';
import { allTopics, shapesByTopic } from './shapes.js';
import { Tap } from './tap.js';
import { Gunner } from './volley.js';

export interface SiegeSize {
  /** Waves of good orders with hostile records and requests among them. */
  readonly waves: number;
  readonly recordsPerWave: number;
  readonly probesPerWave: number;
}

/** Good waves alone, before memory is first measured: what is compiled, cached and pooled under any traffic is there by then. */
const WARM_UP_WAVES = 8;
/** Records of one publish. */
const SALVO = 10;
const PROBES_ABREAST = 4;
const QUIET_MS = 60_000;

/** Good trade under hostile fire, and what was fired. */
export class Siege {
  readonly trade: GoodTrade;
  readonly sent: Hostile[] = [];
  readonly probed: Probe[] = [];
  readonly wrongAnswers: string[] = [];
  before: readonly Vitals[] = [];
  private readonly topics: Topics;
  private readonly tap: Tap;
  private readonly client = new HttpClient();
  private endpoints: readonly Endpoint[] = [];

  constructor(
    private readonly site: Site,
    private readonly bus: Bus,
    private readonly seed: number,
    private readonly say: (line: string) => void,
    /** Where the apps tell what they hold. */
    private readonly gauges: string,
  ) {
    this.topics = topicNames(site.topicPrefix);
    this.tap = new Tap(bus, this.topics);
    this.trade = new GoodTrade(site, new Dice(seed));
  }

  async run({ waves, recordsPerWave, probesPerWave }: SiegeSize): Promise<void> {
    await this.open();
    const gunner = await this.gunner();
    const dice = new Dice(this.seed + 2);
    for (let wave = 1; wave <= waves; wave += 1) {
      const probes = drawProbes(this.endpoints, probesPerWave, dice);
      await Promise.all([this.trade.wave(), this.fire(gunner, recordsPerWave), this.probe(probes)]);
      this.say(`wave ${wave} of ${waves}: ${this.sent.length} records, ${this.probed.length} requests`);
    }
    this.drawn = gunner.drawn;
  }

  drawn: ReadonlyMap<string, number> = new Map();

  get endpointsProbed(): readonly [probed: number, all: number] {
    const probed = new Set(this.probed.map(({ url }) => url));
    return [probed.size, new Set(this.endpoints.map(({ url }) => url)).size];
  }

  /** Resolves when every reader has read everything and every letter is stored; how long that took. */
  async quiet(): Promise<number> {
    const since = performance.now();
    for (const [group, topic] of this.groups())
      await until(`${group} has no lag`, QUIET_MS, async () => (await this.bus.lag(group, topic)) === 0);
    const owed = this.sent.filter(({ reasons, maybeTaken }) => reasons.length > 0 && !maybeTaken).length;
    const arrived = async (): Promise<boolean> => (await storedLetters(this.site)).length >= owed;
    // What is missing is told by the check of the letters.
    await within(QUIET_MS / 4, arrived);
    await this.site.ended(QUIET_MS);
    await until('nothing is prepared', QUIET_MS, async () => (await this.site.preparedGids()).length === 0);
    return performance.now() - since;
  }

  /** Ids of transactions that hostile records made up. */
  get strangers(): ReadonlySet<string> {
    return new Set(this.sent.flatMap(({ gtx }) => gtx ?? []));
  }

  async close(): Promise<void> {
    this.client.close();
    await this.tap.close();
  }

  vitals(): Promise<readonly Vitals[]> {
    return vitalsOf(this.site, this.gauges);
  }

  private async open(): Promise<void> {
    await this.tap.open();
    await this.trade.open();
    this.endpoints = await endpointsOf(this.site.cluster.urls);
    for (let wave = 0; wave < WARM_UP_WAVES; wave += 1) await this.trade.wave();
    await until('the tap hears', QUIET_MS, async () => this.tap.heard > WAVE);
    this.before = await this.vitals();
    this.say(`warm: ${this.trade.shop.journal.length} good orders`);
  }

  private async gunner(): Promise<Gunner> {
    const { topics, tap, seed } = this;
    const partitions = await this.bus.partitions(topics.replies);
    return new Gunner({ topics, tap, partitions, dice: new Dice(seed + 1) }, shapesByTopic(topics, seed));
  }

  private async fire(gunner: Gunner, count: number): Promise<void> {
    for (let fired = 0; fired < count; fired += SALVO) {
      const salvo = gunner.volley(Math.min(SALVO, count - fired));
      await this.bus.publish(salvo.map(({ record }) => record));
      this.sent.push(...salvo);
    }
  }

  private async probe(probes: readonly Probe[]): Promise<void> {
    const waiting = [...probes];
    const prober = async (): Promise<void> => {
      for (let next = waiting.pop(); next; next = waiting.pop()) {
        const wrong = await this.answerTo(next);
        if (wrong !== null) this.wrongAnswers.push(wrong);
        this.probed.push(next);
      }
    };
    await Promise.all(Array.from({ length: PROBES_ABREAST }, prober));
  }

  /** What is wrong with the answer; null: nothing. */
  private async answerTo(probe: Probe): Promise<string | null> {
    try {
      return wrongAnswer(probe, await this.client.ask(probe));
    } catch (error) {
      return `${told(probe)}: ${(error as Error).message}`;
    }
  }

  /** Who reads which topic. */
  private groups(): readonly (readonly [group: string, topic: string])[] {
    const { topics } = this;
    const suffix = new Map([
      [topics.requests, '.coordinators'],
      [topics.replies, '.drivers'],
      [topics.outcomes, '.watchdogs'],
      [topics.initiator('orders'), '.outbox'],
      [topics.deadLetters, '.coordinators'],
    ]);
    return allTopics(topics).map((topic) => [`${topic}${suffix.get(topic) ?? ''}`, topic]);
  }
}
