/** What one layer of the proof hands to the runner: a JSON file, so that a layer may be any program. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

const cell = z.union([z.string(), z.number()]);

const fragmentSchema = z.strictObject({
  layer: z.string(),
  /** What was reached, by name with its unit: `transactions`, `recovery p99 ms`. */
  figures: z.record(z.string(), cell),
  /** One line each in the summary; a layer without checks proves nothing and counts as failed. */
  checks: z.array(
    z.strictObject({
      name: z.string(),
      ok: z.boolean(),
      /** Why it is not ok, or what was seen. */
      detail: z.string().optional(),
      /** The command that repeats it. */
      replay: z.string().optional(),
    }),
  ),
  /** A table of its own below the summary: the cells of the crash matrix, the mutants and who caught them. */
  table: z.strictObject({ columns: z.array(z.string()), rows: z.array(z.array(cell)) }).optional(),
});

export type Fragment = z.infer<typeof fragmentSchema>;
export type Check = Fragment['checks'][number];

/** How much a layer does: `ci` fits a quarter of an hour for all layers together, `release` takes what it takes. */
export type Size = 'ci' | 'release';

/** What the runner tells a layer through its environment; run by hand a layer has these defaults. */
export interface Assignment {
  readonly size: Size;
  /** Replay this one; null: choose, and print what was chosen. */
  readonly seed: number | null;
  readonly fragmentFile: string;
}

export function assignmentOf(layer: string, env: NodeJS.ProcessEnv = process.env): Assignment {
  return {
    size: env['PROOF_SIZE'] === 'release' ? 'release' : 'ci',
    seed: env['PROOF_SEED'] === undefined ? null : Number(env['PROOF_SEED']),
    fragmentFile: env['PROOF_FRAGMENT'] ?? `tmp/proof/${layer}.json`,
  };
}

export function writeFragment(file: string, fragment: Fragment): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(fragmentSchema.parse(fragment), null, 1));
}

/** Throws when the file is missing or is no fragment. */
export function readFragment(file: string): Fragment {
  return fragmentSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}
