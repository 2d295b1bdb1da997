import type { Direction } from '#stack';
import type { Chaos, Scenario } from '../support/chaos.js';
import { CUT_OFF, ownCable } from '../support/site.js';

const LASTS_MS = { ci: 2_500, release: 9_000 };
const DIRECTIONS: readonly Direction[] = ['to-server', 'to-client'];

interface Cut {
  readonly app: (typeof CUT_OFF)[number];
  readonly part: 'Kafka' | 'PostgreSQL';
  readonly direction: Direction;
}

const ALL: readonly Cut[] = CUT_OFF.flatMap((app) =>
  (['Kafka', 'PostgreSQL'] as const).flatMap((part) =>
    DIRECTIONS.map((direction) => ({ app, part, direction })),
  ),
);

const cableOf = (chaos: Chaos, { app, part }: Cut) =>
  part === 'Kafka' ? chaos.site.kafka.links[CUT_OFF.indexOf(app)]! : ownCable(chaos.site, app);

/** At CI size each app and part once, the directions alternating; else everything. */
const chosen = (chaos: Chaos): readonly Cut[] => {
  const first = chaos.dice.below(2);
  return chaos.rounds > 1 ? ALL : ALL.filter((_, index) => index % 2 === (first + (index >> 1)) % 2);
};

export const partitions: Scenario = {
  name: 'partitions',
  title: 'one-way partitions between one app and Kafka or PostgreSQL, nothing reset',
  async strike(chaos) {
    const cuts = chosen(chaos);
    for (const cut of cuts) {
      await chaos.load.more(5);
      const cable = cableOf(chaos, cut);
      cable.drop(cut.direction);
      await chaos.wait(chaos.rounds > 1 ? LASTS_MS.release : LASTS_MS.ci);
      cable.heal();
    }
    return cuts.map(({ app, part, direction }) => `${app} ${direction} of ${part}`).join(', ');
  },
};
