/** The coordinator's ledger over a real PostgreSQL: the conformance suite, and what only a database can promise. */
import { afterAll, beforeAll, describe } from '@jest/globals';
import { ledgerConformance } from '../../libs/persistence/src/conformance/ledger.js';
import { ledgerPlans } from '../../libs/persistence/src/conformance/ledger-plans.js';
import { faultsOfTheLedger } from './persistence/ledger-faults.js';
import { guardsOfTheLedger } from './persistence/ledger-guards.js';
import { LedgerDatabase, ledgerWorld } from './persistence/ledger-database.js';

let database: LedgerDatabase;
beforeAll(async () => {
  database = await LedgerDatabase.start();
});
afterAll(() => database.stop());

ledgerConformance('postgres', () => ledgerWorld(database));

describe('PostgreSQL ledger', () => {
  describe('guards', () => guardsOfTheLedger(() => database));
  describe('plans', () => ledgerPlans(() => database));
  describe('faults', () => faultsOfTheLedger(() => database));
});
