import { patient } from '../support/patience.js';
import { until } from '../../../crash/support/until.js';
import { requirePromise, type Scenario } from '../support/chaos.js';
import { hashTables } from '../support/tables.js';
import { lag, rewind } from '../support/topics.js';

const READ_MS = 120_000;

/** The only scenario that begins at rest: what is under way would change the tables by itself. */
export const replay: Scenario = {
  name: 'replay',
  title: 'every topic replayed from offset 0: a hash of all tables before = after',
  async strike(chaos) {
    const { site } = chaos;
    await chaos.load.more(10);
    requirePromise(await chaos.rest());
    await until('every group has read everything', patient(READ_MS), async () => (await lag(site)) === 0);
    // At CI size one instance of each kind reads everything; the others come back later.
    const back = chaos.rounds > 1 ? chaos.apps() : chaos.apps().filter((name) => name.endsWith('-1'));
    await chaos.stop(chaos.apps());
    const before = await hashTables(site);
    const records = await rewind(site);
    await chaos.start(back);
    await until(
      'every group has read everything again',
      patient(READ_MS),
      async () => (await lag(site)) === 0,
    );
    const after = await hashTables(site);

    const changed = Object.keys(before).filter((table) => before[table] !== after[table]);
    if (changed.length > 0) throw new Error(`the replay changed ${changed.join(', ')}`);
    return `${records} records, ${Object.keys(before).length} tables`;
  },
};
