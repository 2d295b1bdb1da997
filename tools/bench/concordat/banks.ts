import type { ParticipantHealth } from '#participant';
import { until } from '../patience.js';
import { Worker } from '../processes/worker.js';
import { accountDatabase, runSql, type Site } from '../site.js';
import { BALANCES } from '../transfer/account-sql.js';
import { migrateParticipant } from '#persistence';
import type { BankSetup } from './bank-process.js';
import type { BankStyle } from './operations.js';

/** A participant process of the bench and its database. */
export interface Bank {
  readonly name: string;
  readonly worker: Worker;
  readonly databaseUrl: string;
}

export type BankPlan = Omit<BankSetup, 'name' | 'style' | 'databaseUrl'>;

/** Resolves when it takes commands. */
export async function startBank(site: Site, name: string, style: BankStyle, plan: BankPlan): Promise<Bank> {
  const databaseUrl = await accountDatabase(site, name);
  await migrateParticipant(databaseUrl);
  const { logDir, profileDir } = site;
  const worker = await Worker.start({ name, program: 'concordat/bank-process.js', logDir, profileDir });
  await worker.call('start', { ...plan, name, style, databaseUrl } satisfies BankSetup);
  await until(`${name} to be ready`, async () => (await worker.call<ParticipantHealth>('health')).ok);
  return { name, worker, databaseUrl };
}

interface Balance {
  readonly balance: string;
  readonly pending: number;
}

/** The sum of all balances of the banks. Throws when some of it is pending. */
export async function totalOf(banks: readonly Bank[]): Promise<bigint> {
  let total = 0n;
  for (const { name, databaseUrl } of banks) {
    const [sums] = await runSql<Balance & Record<string, unknown>>(databaseUrl, BALANCES);
    if (sums === undefined || sums.pending > 0)
      throw new Error(`${name}: ${sums?.pending} accounts still pending`);
    total += BigInt(sums.balance);
  }
  return total;
}
