/** The suite both ledgers pass: L1–L8 of `port/ledger.ts`, each by name, and the lists of `port/ledger-admin.ts`. */
import { afterAll, beforeAll, beforeEach, describe } from '@jest/globals';
import { ledgerBegins } from './ledger-begins.js';
import { ledgerDrivers } from './ledger-drivers.js';
import { ledgerInquiries } from './ledger-inquiries.js';
import { ledgerKeeping } from './ledger-keeping.js';
import { ledgerLists } from './ledger-lists.js';
import { ledgerSteps } from './ledger-steps.js';
import type { LedgerWorld } from './ledger-world.js';

/** Registers the suite. `makeWorld` is called once; every test begins with an empty ledger. */
export function ledgerConformance(name: string, makeWorld: () => Promise<LedgerWorld>): void {
  describe(`Ledger, ${name}`, () => {
    let made: LedgerWorld | undefined;
    const world = (): LedgerWorld => {
      if (made === undefined) throw new Error('the world is made before the tests');
      return made;
    };
    beforeAll(async () => {
      made = await makeWorld();
    });
    beforeEach(() => world().reset());
    afterAll(() => made?.close());

    describe('accepting', () => ledgerBegins(world));
    describe('moving', () => ledgerSteps(world));
    describe('inquiries and hold', () => ledgerInquiries(world));
    describe('drivers', () => ledgerDrivers(world));
    describe('participants, dead letters, garbage', () => ledgerKeeping(world));
    describe('lists', () => ledgerLists(world));
  });
}
