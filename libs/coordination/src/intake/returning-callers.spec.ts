import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { World, addTcc, submission } from '#testkit';
import { Burst } from './burst.js';

const request = {
  branches: [{ id: 'a', participant: 'tcc', operation: 'add', payload: { key: 'k', amount: 5 } }],
};

let world: World;
let told: string[];

beforeEach(async () => {
  told = [];
  const { over } = Burst.prototype;
  jest.spyOn(Burst.prototype, 'asked').mockImplementation(() => void told.push('asked'));
  jest
    .spyOn(Burst.prototype, 'answered')
    .mockImplementation((ms) => void told.push(ms > 0 ? 'answered' : 'at once'));
  jest.spyOn(Burst.prototype, 'over').mockImplementation(async function (this: Burst, size) {
    await over.call(this, size);
    told.push('over');
  });
  world = new World({
    gate: async (verb, run) => {
      if (verb === 'begin') told.push('begin');
      return run();
    },
  });
  await world.participant('tcc', [addTcc]);
});

afterEach(async () => {
  jest.restoreAllMocks();
  await world.close();
});

it('a caller who waits is told to the burst when it asks and when it is answered; the write waits for its end', async () => {
  const engine = await world.engine('c1');
  await world.registered('tcc');

  const { stored } = await engine.desk.submit(submission(request));
  await engine.awaitStage(stored, 'applied', 10_000);

  expect(told).toEqual(['asked', 'over', 'begin', 'answered']);
});

it('who submits over Kafka is answered there, and not expected back', async () => {
  const engine = await world.engine('c1');
  await world.registered('tcc');

  await engine.desk.submit({ ...submission(request), initiator: 'shop' });

  expect(told).toEqual(['over', 'begin']);
});
