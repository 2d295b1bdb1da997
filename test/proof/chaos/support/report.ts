import type { Check } from '../../../../tools/proof/fragment.js';
import { writeFragment } from '../../../../tools/proof/fragment.js';

const COMMAND = 'npm run jest -- --selectProjects proof --runTestsByPath test/proof/chaos/chaos.spec.ts';

interface Ran {
  readonly orders: number;
  readonly kills: number;
  readonly settleMs: number;
}

/** What the layer hands in: a check per scenario, and the figures of all. */
export class Report {
  private readonly checks: Check[] = [];
  private readonly runs: (Ran & { readonly name: string })[] = [];
  private readonly ended: string[] = [];
  private readonly left: string[] = [];
  private traces = 0;
  private obstacle = 'no scenario ran';

  constructor(
    private readonly seed: number,
    private readonly file: string,
  ) {}

  ran(name: string, run: Ran): void {
    this.runs.push({ name, ...run });
  }

  /** Who ended though nobody had killed it. */
  selfEnded(names: readonly string[]): void {
    this.ended.push(...names);
  }

  /** The installation does not start. */
  cannotOpen(error: unknown): void {
    this.obstacle = String(error).slice(0, 2_000);
  }

  /** Traces of the real stack that the specifications accepted. */
  accepted(traces: number): void {
    this.traces = traces;
  }

  /** A scenario that this machine does not allow: no check, and the figures say so. */
  notTried(name: string, reason: string): void {
    this.left.push(`${name}: ${reason}`);
    process.stdout.write(`  ${name}: not tried, ${reason}\n`);
  }

  /** Runs one check and prints a line; false when it threw. */
  async check(name: string, title: string, work: () => Promise<string>): Promise<boolean> {
    const replay = `PROOF_SEED=${this.seed} PROOF_ONLY=${name} ${COMMAND}`;
    try {
      const detail = await this.timed(name, work);
      this.checks.push({ name: title, ok: true, detail, replay });
      return true;
    } catch (error) {
      const detail = (error as Error).message;
      process.stdout.write(`  ${name}: ${(error as Error).stack}\n`);
      this.checks.push({ name: title, ok: false, detail: detail.slice(0, 2_000), replay });
      return false;
    } finally {
      this.write();
    }
  }

  async timed<T>(name: string, work: () => Promise<T>): Promise<T> {
    const since = performance.now();
    const took = (): string => `${((performance.now() - since) / 1_000).toFixed(1)} s`;
    const ticking = setInterval(() => process.stdout.write(`  ${name}: ${took()} …\n`), 10_000);
    try {
      const result = await work();
      process.stdout.write(`  ${name}: ${typeof result === 'string' ? result : 'done'} (${took()})\n`);
      return result;
    } finally {
      clearInterval(ticking);
    }
  }

  /** Hands in what is known so far: also after each check, so that a layer that is ended has told what it saw. */
  write(): void {
    const sum = (read: (run: Ran) => number): number =>
      this.runs.reduce((total, run) => total + read(run), 0);
    const settled = this.runs.map(({ settleMs }) => Math.round(settleMs));
    const empty = { name: 'the installation starts', ok: false, detail: this.obstacle };
    writeFragment(this.file, {
      layer: 'chaos',
      figures: {
        seed: this.seed,
        scenarios: this.runs.length,
        orders: sum(({ orders }) => orders),
        kills: sum(({ kills }) => kills),
        'traces accepted': this.traces,
        'longest settle ms': Math.max(0, ...settled),
        'not tried': this.left.join('; ') || 'nothing',
        'apps and brokers that ended by themselves': this.ended.join(', ') || 'none',
      },
      checks: this.checks.length > 0 ? this.checks : [empty],
      table: {
        columns: ['scenario', 'orders', 'kills', 'settled ms'],
        rows: this.runs.map(({ name, orders, kills, settleMs }) => [
          name,
          orders,
          kills,
          Math.round(settleMs),
        ]),
      },
    });
  }
}
