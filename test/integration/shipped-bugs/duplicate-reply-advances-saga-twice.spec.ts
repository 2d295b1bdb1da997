/** Shipped bug: a reply was sent again under a new message id, passed for another reply, and the saga took two steps for one. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { World, submission } from '#testkit';
import { topicNames, type ReplyMessage } from '#wire';
import { eventually } from '../../support/eventually.js';
import { ScriptedParticipant, willing, type Script } from '../coordinator/scripted-participant.js';

const COPIES = 5;
const STEPS = ['one', 'two', 'three'];
const REQUEST = {
  mode: 'saga' as const,
  branches: STEPS.map((id) => ({ id, participant: 'stock', operation: 'reserve', payload: {} })),
};

let world: World;
let stock: ScriptedParticipant;
beforeEach(async () => {
  world = new World();
  stock = await ScriptedParticipant.start('stock', world.broker.connect('stock'), topicNames('concordat'));
  await world.engine('c1');
  await world.registered('stock');
});
afterEach(() => world.close());

/** Says everything several times: records of their own, with offsets of their own. */
const repeating =
  (script: Script): Script =>
  (command) => {
    const scripted = script(command);
    const { gtx, attempt, branch, participant, replyPartition } = command;
    const reply = { ...scripted, gtx, attempt, branch, participant } as ReplyMessage;
    if (scripted) for (let copy = 1; copy < COPIES; copy += 1) void stock.send(reply, replyPartition);
    return scripted;
  };

async function endOf(script: Script) {
  stock.script = repeating(script);
  const engine = await world.engine('c2');
  const { stored } = await engine.desk.submit(submission(REQUEST));
  const { gtx } = stored.tx;
  await eventually(async () => Boolean((await world.stored(gtx))?.endedAt));
  await world.repliesRead();
  return (await world.stored(gtx))!.tx;
}

const sent = (type: string) =>
  stock.commands.filter((command) => command.type === type).map(({ branch }) => branch);
const firstOf = (branches: readonly string[]) => [...new Set(branches)];

describe(`each result of a saga said ${COPIES} times`, () => {
  it('takes one step for one result, in order, and completes once', async () => {
    const tx = await endOf(willing);

    expect(tx.state).toBe('SAGA_COMPLETED');
    expect(sent('ACTION')).toEqual(STEPS);
    expect(tx.results.map(({ branch, state }) => [branch, state]).sort()).toEqual(
      STEPS.map((step) => [step, 'DONE']).sort(),
    );
  });

  it('undoes each step once and in reverse order', async () => {
    const refused = {
      type: 'RESULT',
      phase: 'ACTION',
      result: 'FAILED',
      state: 'FAILED',
      code: 'NO',
      message: 'no',
      output: null,
    } as const;
    const tx = await endOf((command) =>
      command.type === 'ACTION' && command.branch === 'three' ? refused : willing(command),
    );

    expect(tx.state).toBe('SAGA_COMPENSATED');
    expect(firstOf(sent('ACTION'))).toEqual(STEPS);
    expect(sent('COMPENSATE').filter((step) => step !== 'three')).toEqual(['two', 'one']);
  });
});
