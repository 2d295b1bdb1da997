/**
 * Simulates seeds until one breaks an invariant: `node hunt.js <first seed> <transactions at most>`. Runs in a copy of the
 * sources. Exit code 0 and a line of JSON: caught; 1: got away.
 */
import type { SeedResult } from '../simulation/batch.js';
import { sail } from '../simulation/fleet.js';

/** Small and many: most bugs need a rare meeting, not a crowd. */
const TRANSACTIONS_A_SEED = 80;

const [first = 1, limit = 20_000] = process.argv.slice(2).map(Number);
let caught: SeedResult | null = null;
let transactions = 0;

try {
  await sail(
    { first, transactions: TRANSACTIONS_A_SEED },
    (result) => {
      transactions += result.transactions;
      if (result.violations.length > 0) caught ??= result;
    },
    () => caught !== null || transactions >= limit,
  );
} catch (error) {
  // A mutant that ends its process is caught, too.
  caught = {
    seed: first,
    transactions,
    violations: [String(error)],
    endedInMs: 0,
    heardInMs: 0,
    simulatedMs: 0,
    counts: [],
  };
}

const { seed, violations } = (caught ?? { seed: null, violations: [] }) as Pick<SeedResult, 'violations'> & {
  seed: number | null;
};
console.log(JSON.stringify({ seed, transactions, violation: violations[0] ?? null }));
process.exitCode = caught ? 0 : 1;
