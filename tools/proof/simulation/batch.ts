import { simulate } from '#testkit';

/** What a worker tells after each seed. */
export interface SeedResult {
  readonly seed: number;
  readonly transactions: number;
  readonly violations: readonly string[];
  readonly endedInMs: number;
  readonly heardInMs: number;
  readonly simulatedMs: number;
  readonly counts: readonly (readonly [string, number])[];
}

export async function runSeed(seed: number, transactions: number): Promise<SeedResult> {
  const report = await simulate({ seed, transactions });
  const { violations, endedInMs, heardInMs, simulatedMs, counts } = report;
  return {
    seed,
    transactions: report.transactions,
    violations,
    endedInMs,
    heardInMs,
    simulatedMs,
    counts: [...counts],
  };
}
