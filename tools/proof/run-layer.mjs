import { rmSync } from 'node:fs';
import { readFragment } from '../../dist/tools/proof/fragment.js';
import { runCommand } from '../verify/process.mjs';
import { makeLayerDirectory, removeLayerDirectory } from './layer-directory.mjs';

const MINUTE_MS = 60_000;
/** Lines of a layer that hung: where it was then. */
const LAST_LINES = 12;

/** What the layer handed in; a layer that handed in nothing has failed. */
function fragmentOf(layer, file, outcome) {
  const fault = outcome.timedOut
    ? `took longer than its limit; the last it said:\n${outcome.last.join('\n')}`
    : outcome.leftovers
      ? 'left processes behind'
      : outcome.untidy;
  try {
    const fragment = readFragment(file);
    const empty = fragment.checks.length === 0 ? 'checked nothing' : null;
    const silent =
      outcome.exitCode !== 0 && fragment.checks.every(({ ok }) => ok)
        ? `exit code ${outcome.exitCode}`
        : null;
    const why = fault ?? empty ?? silent;
    if (why) fragment.checks.push({ name: 'the layer itself', ok: false, detail: why });
    return fragment;
  } catch (error) {
    const detail = fault ?? `exit code ${outcome.exitCode}, no fragment: ${error.message}`;
    return { layer: layer.name, figures: {}, checks: [{ name: 'the layer itself', ok: false, detail }] };
  }
}

/**
 * Runs one layer and reads what it handed in.
 *
 * @param {import('./layers.mjs').Layer} layer
 * @param {{size: 'ci' | 'release', seed?: number, signal: AbortSignal, idle: boolean, onLine: (line: string) => void}} orders
 */
export async function runLayer(layer, { size, seed, signal, idle, onLine }) {
  const file = `tmp/proof/${layer.name}.json`;
  rmSync(file, { force: true });
  const startedAt = Date.now();
  const last = [];
  const directory = makeLayerDirectory();
  const outcome = await runCommand(layer.command, {
    limitMs: layer.limitMinutes[size] * MINUTE_MS,
    env: {
      PROOF_SIZE: size,
      PROOF_FRAGMENT: file,
      TMPDIR: directory,
      ...(seed === undefined ? {} : { PROOF_SEED: String(seed) }),
    },
    signal,
    idle,
    onLine: (line) => {
      last.push(line);
      if (last.length > LAST_LINES) last.shift();
      onLine(line);
    },
  });
  const untidy = await removeLayerDirectory(directory);
  return {
    layer,
    fragment: fragmentOf(layer, file, { ...outcome, untidy, last }),
    durationMs: Date.now() - startedAt,
  };
}
