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

type Common = Omit<BankSetup, 'name' | 'style' | 'databaseUrl'>;

/** Resolves when it takes commands. */
export async function startBank(site: Site, name: string, style: BankStyle, plan: Common): Promise<Bank> {
  const databaseUrl = await accountDatabase(site, name);
  await migrateParticipant(databaseUrl);
  const { logDir, profileDir, onDeath } = site;
  const worker = await Worker.start({
    name,
    program: 'concordat/bank-process.js',
    logDir,
    profileDir,
    onDeath,
  });
  await worker.call('start', { ...plan, name, style, databaseUrl } satisfies BankSetup);
  await until(`${name} to be ready`, async () => (await worker.call<ParticipantHealth>('health')).ok);
  return { name, worker, databaseUrl };
}

interface Balance extends Record<string, unknown> {
  readonly balance: string;
  readonly pending: number;
}

async function balancesOf(banks: readonly Bank[]): Promise<Balance[]> {
  return (await Promise.all(banks.map(({ databaseUrl }) => runSql<Balance>(databaseUrl, BALANCES)))).flat();
}

/** The sum of all balances of the banks. */
export async function totalOf(banks: readonly Bank[]): Promise<bigint> {
  return (await balancesOf(banks)).reduce((sum, { balance }) => sum + BigInt(balance), 0n);
}

/** Accounts of which something is reserved. */
export async function pendingOf(banks: readonly Bank[]): Promise<number> {
  return (await balancesOf(banks)).reduce((sum, { pending }) => sum + pending, 0);
}
