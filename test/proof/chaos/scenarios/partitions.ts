import type { Direction } from '#stack';
import { bundle, type Cable } from '../support/cables.js';
import type { Chaos, Scenario } from '../support/chaos.js';
import { CUT_OFF, ownCable, RESOLVER } from '../support/site.js';

const LASTS_MS = { ci: 2_000, release: 9_000 };
const DIRECTIONS: readonly Direction[] = ['to-server', 'to-client'];
/** Cut at a time at CI size, far from each other; what cuts everybody off is cut alone. */
const AT_ONCE = 3;

/** Two parts, and what lies between them. */
interface Between {
  readonly between: string;
  readonly cable: Cable;
}
interface Cut extends Between {
  readonly kind: string;
  readonly direction: Direction;
}

const toKafka = ({ site }: Chaos): readonly Between[] =>
  CUT_OFF.map((app, index) => ({ between: `${app} and Kafka`, cable: site.kafka.links[index]! }));

const toDatabases = ({ site }: Chaos): readonly Between[] => [
  ...CUT_OFF.map((app) => ({ between: `${app} and its database`, cable: ownCable(site, app) })),
  { between: `${RESOLVER} and the databases of orders and payments`, cable: site.shops.cable(RESOLVER) },
  { between: `${RESOLVER} and the database of inventory`, cable: site.store.cable(RESOLVER) },
];

const amongBrokers = ({ site }: Chaos): readonly Between[] => [
  ...site.kafka.backbone!.proxies.map((cable, n) => ({ between: `broker ${n + 1} and the others`, cable })),
];

/** What a broker says to the active controller goes this way, and what the controllers say to each other. */
const inQuorum = ({ site }: Chaos): readonly Between[] =>
  site.kafka.quorum!.proxies.map((cable, n) => ({ between: `brokers and controller ${n + 1}`, cable }));

const overHttp = ({ site: { street, desks } }: Chaos): readonly Between[] => [
  { between: `customers and ${street[0]!.app}`, cable: street[0]!.cable },
  { between: 'customers and every instance of orders', cable: bundle(street.map(({ cable }) => cable)) },
  { between: 'participants and every coordinator', cable: bundle(desks.map(({ cable }) => cable)) },
];

const everybody = ({ site: { kafka, ledger, shops, store } }: Chaos): readonly Between[] => [
  { between: 'every app and Kafka', cable: bundle(kafka.links) },
  { between: 'every coordinator and watchdog and the ledger', cable: ledger },
  { between: 'everybody and the databases of orders and payments', cable: shops },
  { between: 'everybody and the database of inventory', cable: store },
];

const KINDS = { toKafka, toDatabases, amongBrokers, inQuorum, overHttp, everybody };

/** Between any two parts that speak to each other; the standbys are cut off where they are: in "failover". */
const allOf = (chaos: Chaos) =>
  Object.entries(KINDS).flatMap(([kind, some]) => some(chaos).map((one) => ({ kind, ...one })));

/** At CI size each cable once, in turn one way and the other, {@link AT_ONCE} at a time; else everything, one by one. */
function chosen(chaos: Chaos): readonly (readonly Cut[])[] {
  const all = allOf(chaos);
  if (chaos.rounds > 1) return all.flatMap((one) => DIRECTIONS.map((direction) => [{ ...one, direction }]));
  const first = chaos.dice.below(2);
  const once = all.map((one, index) => ({ ...one, direction: DIRECTIONS[(first + index) % 2]! }));
  const some = once.filter(({ kind }) => kind !== everybody.name);
  const groups = Math.ceil(some.length / AT_ONCE);
  return [
    ...Array.from({ length: groups }, (_, group) => some.filter((_cut, index) => index % groups === group)),
    ...once.filter(({ kind }) => kind === everybody.name).map((one) => [one]),
  ];
}

/** A cut, and what it cost. */
interface Cost extends Cut {
  readonly bytes: number;
}

async function cutOff(chaos: Chaos, together: readonly Cut[]): Promise<readonly Cost[]> {
  const before = together.map(({ cable }) => cable.lostBytes);
  for (const { cable, direction } of together) cable.drop(direction);
  await chaos.wait(chaos.rounds > 1 ? LASTS_MS.release : LASTS_MS.ci);
  for (const { cable } of together) cable.heal();
  return together.map((cut, index) => ({ ...cut, bytes: cut.cable.lostBytes - before[index]! }));
}

/**
 * A single cable may be silent for so long (nobody speaks to a controller that does not lead, or asks a coordinator); those of a kind
 * are not.
 * @throws Error where nothing was lost: nothing was cut then
 */
function requireLosses(costs: readonly Cost[]): void {
  const hurt = new Set(costs.filter(({ bytes }) => bytes > 0).map(({ kind }) => kind));
  const unhurt = Object.keys(KINDS).filter((kind) => !hurt.has(kind));
  if (unhurt.length > 0) throw new Error(`cuts that lost nothing: ${unhurt.join(', ')}`);
}

export const partitions: Scenario = {
  name: 'partitions',
  title: 'one-way partitions between customers, apps, brokers, controllers and databases, nothing reset',
  async strike(chaos) {
    const costs: Cost[] = [];
    for (const together of chosen(chaos)) {
      await chaos.load.more(5);
      costs.push(...(await cutOff(chaos, together)));
    }
    requireLosses(costs);
    return costs
      .map(({ between, direction, bytes }) => `${between} (${direction}, ${bytes} bytes lost)`)
      .join(', ');
  },
};
