import type { Scenario } from '../support/chaos.js';
import { leaderOfMost } from '../support/topics.js';

export const leaderKill: Scenario = {
  name: 'leader-kill',
  title: 'the broker that leads most partitions killed, orders decided without it, restarted',
  async strike(chaos) {
    const { kafka } = chaos.site;
    for (let round = 0; round < chaos.rounds; round += 1) {
      const leader = await leaderOfMost(chaos.site);
      await chaos.load.more(10);
      await kafka.kill9(leader);
      chaos.kills += 1;
      await chaos.decides();
      await kafka.restart(leader);
    }
    return `${chaos.rounds} leaders`;
  },
};

export const allBrokers: Scenario = {
  name: 'all-brokers',
  title: 'all brokers killed at once and restarted',
  async strike(chaos) {
    const { kafka } = chaos.site;
    const brokers = kafka.pids.map((_, index) => index);
    for (let round = 0; round < chaos.rounds; round += 1) {
      await chaos.load.more(10);
      await Promise.all(brokers.map((broker) => kafka.kill9(broker)));
      chaos.kills += brokers.length;
      await Promise.all(brokers.map((broker) => kafka.restart(broker)));
    }
    return `${chaos.rounds} times ${brokers.length} brokers`;
  },
};
