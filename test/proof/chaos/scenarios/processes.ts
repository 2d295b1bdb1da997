import type { Scenario } from '../support/chaos.js';

/** Longer than a heartbeat's death (1.5 s) and a consumer session (6 s): others have taken over when it goes on. */
const PAUSE_MS = 7_500;
const AT_ONCE = 4;

export const killStorm: Scenario = {
  name: 'kill-storm',
  title: 'several processes killed at once, again and again',
  async strike(chaos) {
    const storms = 2 * chaos.rounds;
    for (let storm = 0; storm < storms; storm += 1) {
      const kinds = storm % 2 === 0 ? ['coordinator', 'payments'] : ['coordinator', 'inventory'];
      const sure = kinds.map((kind) => chaos.dice.pick(chaos.apps(kind)));
      const rest = chaos.apps().filter((name) => !sure.includes(name));
      await chaos.load.more(10);
      await chaos.strike([...sure, ...chaos.pick(Math.min(AT_ONCE - sure.length, rest.length), rest)]);
    }
    return `${storms} storms`;
  },
};

export const pauses: Scenario = {
  name: 'pauses',
  title: 'a coordinator and a participant stopped past the takeover, then going on',
  async strike(chaos) {
    for (let round = 0; round < chaos.rounds; round += 1) {
      const names = ['coordinator', 'payments'].map((kind) => chaos.dice.pick(chaos.apps(kind)));
      await chaos.load.more(5);
      for (const name of names) chaos.site.cluster.app(name).pause();
      await chaos.wait(PAUSE_MS);
      for (const name of names) chaos.site.cluster.app(name).resume();
    }
    return `${2 * chaos.rounds} processes for ${PAUSE_MS} ms`;
  },
};

/** Members that leave at the same time, of different kinds: a group is still moving when the next one begins to. */
const LEAVING = [
  ['coordinator', 'inventory'],
  ['watchdog', 'payments'],
  ['orders', 'coordinator'],
] as const;

export const rebalanceStorm: Scenario = {
  name: 'rebalance-storm',
  title: 'members leave and join their groups in quick succession',
  async strike(chaos) {
    const turns = 2 * chaos.rounds;
    for (let turn = 0; turn < turns; turn += 1) {
      const leaving = LEAVING[turn % LEAVING.length]!.map((kind) => chaos.dice.pick(chaos.apps(kind)));
      await Promise.all(
        leaving.map(async (name) => {
          await chaos.stop([name]);
          await chaos.start([name]);
        }),
      );
    }
    return `${2 * turns} members left and came back`;
  },
};
