/**
 * The simulation layer: swarms of faults, seed after seed; every seed that breaks an invariant is named with the command
 * that repeats it to the last event. Fails also when a rare path was never reached: such a run proves nothing about it.
 */
import { assignmentOf, writeFragment } from '../fragment.js';
import type { Check } from '../fragment.js';
import type { SeedResult } from './batch.js';
import { sail } from './fleet.js';
import { RARE_PATHS } from './rare-paths.js';

const LAYER = 'simulation';
const GOAL = { ci: 1_000_000, release: 100_000_000 };
/** Many share batches, and the quiet seconds in which an installation comes up and everything late arrives. */
const TRANSACTIONS_A_SEED = 2_400;
/** A release takes days: a line a minute is enough. */
const PROGRESS_MS = { ci: 10_000, release: 60_000 };
const SHOWN = 20;

class Log {
  private readonly counts = new Map<string, number>();
  private readonly bad: SeedResult[] = [];
  seeds = 0;
  transactions = 0;
  simulatedMs = 0;
  longestEndMs = 0;
  longestHearMs = 0;

  take(result: SeedResult): void {
    this.seeds += 1;
    this.transactions += result.transactions;
    this.simulatedMs += result.simulatedMs;
    this.longestEndMs = Math.max(this.longestEndMs, result.endedInMs);
    this.longestHearMs = Math.max(this.longestHearMs, result.heardInMs);
    for (const [name, count] of result.counts) this.counts.set(name, (this.counts.get(name) ?? 0) + count);
    if (result.violations.length > 0) this.bad.push(result);
  }

  get failures(): number {
    return this.bad.length;
  }

  get checks(): readonly Check[] {
    const invariants = {
      name: `${this.seeds} seeds keep every invariant and come to rest`,
      ok: this.bad.length === 0,
    };
    return [invariants, ...this.bad.slice(0, SHOWN).map(broken), ...this.rare];
  }

  get rows(): (string | number)[][] {
    return Object.entries(RARE_PATHS).map(([path, name]) => [path, this.counts.get(name) ?? 0]);
  }

  private get rare(): readonly Check[] {
    return this.rows.map(([path, count]) => ({
      name: `reached: ${path}`,
      ok: Number(count) > 0,
      detail: `${count} times`,
    }));
  }
}

const broken = ({ seed, violations }: SeedResult): Check => ({
  name: `seed ${seed}`,
  ok: false,
  detail: violations.slice(0, 3).join(' · '),
  replay: `npm run proof -- --layer ${LAYER} --seed ${seed}`,
});

async function main(): Promise<void> {
  const { size, seed, fragmentFile } = assignmentOf(LAYER);
  const first = seed ?? Math.floor(Math.random() * 1_000_000_000);
  const goal = seed === null ? GOAL[size] : 1;
  console.log(`seeds from ${first}`);
  const log = new Log();
  const startedMs = performance.now();
  const tell = (): void => console.log(progressOf(log, goal, (performance.now() - startedMs) / 1_000));
  const ticker = setInterval(tell, PROGRESS_MS[size]);
  const enough = (): boolean => log.transactions >= goal || log.failures >= SHOWN;
  const replay = seed === null ? {} : { lanes: 1, execArgv: ['--stack-trace-limit=10'] };
  await sail({ first, transactions: TRANSACTIONS_A_SEED, ...replay }, (result) => log.take(result), enough);
  clearInterval(ticker);
  writeFragment(fragmentFile, {
    layer: LAYER,
    figures: {
      'simulated transactions': log.transactions,
      seeds: log.seeds,
      'first seed': first,
      'simulated hours': Math.round(log.simulatedMs / 3_600_000),
      'longest to the end of a transaction s': seconds(log.longestEndMs),
      'longest until a customer knew s': seconds(log.longestHearMs),
    },
    checks: seed === null ? [...log.checks] : log.checks.filter(({ name }) => !name.startsWith('reached')),
    table: { columns: ['rare path', 'times'], rows: log.rows },
  });
}

const seconds = (ms: number): number => Number((ms / 1_000).toFixed(1));

function progressOf(log: Log, goal: number, seconds: number): string {
  const number = (value: number): string => Math.round(value).toLocaleString('en');
  const rate = log.transactions / seconds;
  const minutes = rate > 0 ? number((goal - log.transactions) / rate / 60) : '?';
  const done = `${number(log.transactions)} of ${number(goal)} transactions, ${log.seeds} seeds, ${log.failures} broken`;
  return `${done}; ${number(rate)} a second, ${minutes} min to go`;
}

await main();
