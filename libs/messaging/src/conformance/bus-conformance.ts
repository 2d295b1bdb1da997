/** The suite both adapters pass: M1–M7 of `port.ts`, each by name. */
import { afterAll, afterEach, beforeAll, beforeEach, describe } from '@jest/globals';
import { deliveryConformance } from './delivery.js';
import { flowConformance } from './flow.js';
import { groupConformance } from './groups.js';
import { openRecordsConformance } from './open-records.js';
import { publishingConformance } from './publishing.js';
import { Bench, type BusWorld } from './world.js';

export type { BusWorld } from './world.js';

/** Registers the suite. `makeWorld` starts (or finds) the broker, once for the whole suite. */
export function busConformance(name: string, makeWorld: () => Promise<BusWorld>): void {
  describe(`${name} bus`, () => {
    let world: BusWorld;
    let bench: Bench;
    beforeAll(async () => {
      world = await makeWorld();
    });
    beforeEach(() => {
      bench = new Bench(world);
    });
    afterEach(() => bench.close());
    afterAll(() => world.close());

    describe('delivery', () => deliveryConformance(() => bench));
    describe('groups', () => groupConformance(() => bench));
    describe('flow', () => flowConformance(() => bench));
    describe('open records', () => openRecordsConformance(() => bench));
    describe('publishing', () => publishingConformance(() => bench));
  });
}
