import type { Direction } from '#stack';
import type { Chaos, Scenario } from '../support/chaos.js';
import { AT_THE_STREET, CUT_OFF, ownCable } from '../support/site.js';

const LASTS_MS = { ci: 2_000, release: 9_000 };
const DIRECTIONS: readonly Direction[] = ['to-server', 'to-client'];

/** One way between two parts. */
interface Cut {
  readonly between: string;
  readonly direction: Direction;
  /** What lies between them, to be dropped and healed. */
  readonly cable: { drop(direction: Direction): void; heal(): void };
}

/** Every kind of app from Kafka and from its database, every broker from the others, and customers from their shop. */
const allCuts = ({ site }: Chaos): readonly Cut[] => {
  const { links, backbone } = site.kafka;
  const cables = [
    ...CUT_OFF.map((app, index) => ({ between: `${app} and Kafka`, cable: links[index]! })),
    ...CUT_OFF.map((app) => ({ between: `${app} and PostgreSQL`, cable: ownCable(site, app) })),
    ...backbone!.proxies.map((cable, broker) => ({ between: `broker ${broker + 1} and the others`, cable })),
    { between: `customers and ${AT_THE_STREET}`, cable: site.street },
  ];
  return cables.flatMap((one) => DIRECTIONS.map((direction) => ({ ...one, direction })));
};

/** At CI size each cable once, the directions alternating, and two far from each other at a time; else everything, one by one. */
const chosen = (chaos: Chaos): readonly (readonly Cut[])[] => {
  const all = allCuts(chaos);
  if (chaos.rounds > 1) return all.map((cut) => [cut]);
  const first = chaos.dice.below(2);
  const once = all.filter((_, index) => index % 2 === (first + (index >> 1)) % 2);
  const half = Math.ceil(once.length / 2);
  return once.slice(0, half).map((cut, index) => once.slice(half + index, half + index + 1).concat(cut));
};

export const partitions: Scenario = {
  name: 'partitions',
  title: 'one-way partitions between customers, apps, brokers and databases, nothing reset',
  async strike(chaos) {
    const cuts = chosen(chaos);
    for (const together of cuts) {
      await chaos.load.more(5);
      for (const { cable, direction } of together) cable.drop(direction);
      await chaos.wait(chaos.rounds > 1 ? LASTS_MS.release : LASTS_MS.ci);
      for (const { cable } of together) cable.heal();
    }
    return cuts
      .flat()
      .map(({ between, direction }) => `${between} (${direction})`)
      .join(', ');
  },
};
