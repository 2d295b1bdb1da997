/** Layer `search` of the proof: exhaustive search over the real transition functions. */
import { pathToFileURL } from 'node:url';
import { assignmentOf, writeFragment } from '../fragment.js';
import type { Check } from '../fragment.js';
import { BROKEN } from './broken.js';
import type { Broken } from './broken.js';
import { Explorer } from './explore.js';
import type { Counterexample, Explored } from './explore.js';
import { Crowd } from './interleavings.js';
import type { CrowdOptions } from './interleavings.js';
import { Model } from './model.js';
import type { ModelOptions } from './model-types.js';
import { PINS } from './pins.js';
import { CROWDS, PROTOCOL } from './scenarios.js';
import { Threads } from './threads.js';

const LAYER = 'search';
const MAX_STATES = { ci: 1_500_000, release: 12_000_000 } as const;
const REPLAY = 'node dist/tools/proof/search/main.js';
const SAY_EVERY_MS = 10_000;

/** What one search came to. `liveness`: null, or why not everything ends. */
interface Searched extends Explored {
  readonly liveness: string | null;
  /** Durable states whose healing was tried. */
  readonly healed: number;
}

export async function main(): Promise<void> {
  const { size, fragmentFile } = assignmentOf(LAYER);
  const only = process.argv[2] ?? '';
  const search = new Search(MAX_STATES[size]);
  const chosen = <T extends { readonly name: string; readonly release: boolean }>(all: readonly T[]) =>
    all.filter(({ name, release }) => (size === 'release' || !release) && name.includes(only));
  for (const { name, options } of chosen(PROTOCOL))
    await search.scenario(name, () => search.model(name, options));
  for (const { name, options } of chosen(CROWDS))
    await search.scenario(name, () => search.crowd(name, options));
  for (const broken of BROKEN) if (broken.name.includes(only)) await search.broken(broken);
  writeFragment(fragmentFile, {
    layer: LAYER,
    figures: search.figures(),
    checks: search.checks,
    table: search.table(),
  });
  if (search.checks.some(({ ok }) => !ok)) process.exitCode = 1;
}

class Search {
  readonly checks: Check[] = [];
  private readonly rows: (string | number)[][] = [];
  private readonly threads = new Threads();
  private states = 0;
  private transitions = 0;
  private healed = 0;

  constructor(private readonly maxStates: number) {}

  async scenario(name: string, run: () => Promise<Searched>): Promise<void> {
    const began = performance.now();
    const found = await run();
    this.states += found.states;
    this.transitions += found.transitions;
    this.healed += found.healed;
    const { states, transitions, depth, counterexample, liveness } = found;
    const seen = `${states} states, ${transitions} transitions, depth ${depth}`;
    this.rows.push([name, states, transitions, depth]);
    const wrong = counterexample ? textOf(counterexample) : (liveness ?? pinFault(name, found));
    this.report(name, wrong === null, wrong ?? seen, began);
  }

  async model(name: string, options: ModelOptions): Promise<Searched> {
    const model = await Model.build(this.threads, options);
    const found = await new Explorer(model, this.limits(name)).run();
    return { ...found, healed: model.healthy.size, liveness: model.unsound() };
  }

  async crowd(name: string, options: CrowdOptions): Promise<Searched> {
    const crowd = new Crowd(this.threads, options);
    const explorer = new Explorer(crowd, this.limits(name));
    const found = await explorer.run();
    const liveness = found.counterexample ? null : await crowd.stuck(explorer.order);
    return { ...found, healed: crowd.healthy.size, liveness };
  }

  /** A rule switched off must give a counterexample: a search that finds none cannot find anything. */
  async broken({ name, why, model, crowd }: Broken): Promise<void> {
    const began = performance.now();
    const found = model ? await this.model(name, model) : await this.crowd(name, crowd!);
    const detail = found.counterexample
      ? textOf(found.counterexample)
      : `no counterexample in ${found.states} states`;
    this.report(`without the rule: ${why} (${name})`, found.counterexample !== null, detail, began, name);
  }

  private limits(name: string) {
    let saidAt = performance.now();
    const progress = (states: number, depth: number): void => {
      if (performance.now() - saidAt < SAY_EVERY_MS) return;
      saidAt = performance.now();
      console.log(`    ${name}: ${states} states, depth ${depth} …`);
    };
    return { maxStates: this.maxStates, progress };
  }

  private report(name: string, ok: boolean, detail: string, began: number, only = name): void {
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`${ok ? '✓' : '✗'} ${name} (${seconds} s)\n    ${detail}`);
    this.checks.push({ name, ok, detail, ...(ok ? {} : { replay: `${REPLAY} '${only}'` }) });
  }

  figures() {
    return {
      'states searched': this.states,
      transitions: this.transitions,
      'durable states healed': this.healed,
      'executor steps learned': this.threads.nodes.length,
      'rules switched off and missed': this.checks.filter(({ name, ok }) => name.startsWith('without') && !ok)
        .length,
    };
  }

  table() {
    return { columns: ['scenario', 'states', 'transitions', 'depth'], rows: this.rows };
  }
}

function pinFault(name: string, { states, transitions, depth }: Explored): string | null {
  const pin = PINS[name];
  const now = `{ states: ${states}, transitions: ${transitions}, depth: ${depth} }`;
  // The long searches of a release are not pinned yet: their counts are in the report.
  if (!pin && [...PROTOCOL, ...CROWDS].some((one) => one.name === name && one.release)) return null;
  if (pin?.states === states && pin.transitions === transitions && pin.depth === depth) return null;
  return `the counts are ${now}, pinned are ${JSON.stringify(pin ?? null)}: how to review and pin them anew is said in pins.ts`;
}

function textOf({ fault, trace, end }: Counterexample): string {
  return `${fault} ← ${trace.join(' ; ')} ⇒ ${end}`;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
