/** Shipped bug: recovery went through its list one by one; a branch that did not answer kept everybody behind it waiting. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { World, submission } from '#testkit';
import { topicNames } from '#wire';
import { eventually } from '../../support/eventually.js';
import { ScriptedParticipant, willing } from '../coordinator/scripted-participant.js';

const MANY = 40;
const QUICK = { heartbeatMs: 20, deadAfterMs: 100, scanIntervalMs: 20 };

let world: World;
let stock: ScriptedParticipant;
beforeEach(async () => {
  world = new World({ engine: QUICK });
  stock = await ScriptedParticipant.start('stock', world.broker.connect('stock'), topicNames('concordat'));
});
afterEach(() => world.close());

const branches = [{ id: 'a', participant: 'stock', operation: 'reserve', payload: {} }];
const stateOf = async (gtx: string) => (await world.stored(gtx))?.tx.state;

/** Transactions under way at a coordinator that then dies. */
async function orphaned(): Promise<readonly string[]> {
  stock.script = () => null;
  const engine = await world.engine('c1');
  await world.registered('stock');
  const accepted = await Promise.all(
    Array.from({ length: MANY }, () => engine.desk.submit(submission({ branches, timeoutMs: 600_000 }))),
  );
  await eventually(() => new Set(stock.commands.map(({ gtx }) => gtx)).size === MANY);
  world.crash('c1');
  return accepted.map(({ stored }) => stored.tx.gtx);
}

describe('recovery of many transactions, one of which does not answer', () => {
  it.each(['coordinator', 'watchdog'] as const)('by a %s ends all the others', async (role) => {
    const [slow, ...others] = await orphaned();
    stock.script = (command) => (command.gtx === slow ? null : willing(command));

    await world.engine('heir', role);

    await eventually(async () => {
      const states = await Promise.all(others.map(stateOf));
      return states.every((state) => state === 'COMMITTED');
    });
    expect(await stateOf(slow!)).toBe('PREPARING');

    stock.script = willing;
    await stock.hello('boot-2');
    await eventually(async () => (await stateOf(slow!)) === 'COMMITTED');
  });
});
