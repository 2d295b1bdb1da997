/**
 * The definition of done: `npm run verify`, also `npm test`. Runs every stage, also after one failed, and
 * ends with one line `N passed, N failed`; the exit code is 0 only when nothing failed.
 * `npm test -- unit lint` runs the named stages only.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from './process.mjs';
import { printHeartbeat, printStageEnd, printStageStart, printSummary } from './report.mjs';
import { STAGES } from './stages.mjs';
import { tally } from './tally.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

function chosenStages(names) {
  const unknown = names.filter((name) => !STAGES.some((stage) => stage.name === name));
  if (unknown.length > 0) {
    const known = STAGES.map((stage) => stage.name).join(', ');
    console.error(`no such stage: ${unknown.join(', ')}; stages are: ${known}`);
    process.exit(2);
  }
  return STAGES.filter(({ name }) => names.length === 0 || names.includes(name));
}

function removeOldResult(stage) {
  if (stage.result === undefined) return;
  mkdirSync(dirname(stage.result.file), { recursive: true });
  rmSync(stage.result.file, { force: true });
}

async function runStage(stage, signal) {
  removeOldResult(stage);
  const startedAt = Date.now();
  const outcome = await runCommand(stage.command, {
    limitMs: stage.limitMs,
    signal,
    onHeartbeat: () => printHeartbeat(stage, Date.now() - startedAt),
  });
  return { stage, tally: tally(stage, outcome), durationMs: Date.now() - startedAt };
}

async function runAll(stages, signal) {
  const results = [];
  for (const [index, stage] of stages.entries()) {
    if (signal.aborted) break;
    printStageStart(stage, index, stages.length);
    const result = await runStage(stage, signal);
    printStageEnd(result);
    results.push(result);
  }
  return results;
}

const stages = chosenStages(process.argv.slice(2));
const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => interrupted.abort());

const startedAt = Date.now();
const results = await runAll(stages, interrupted.signal);
printSummary(results, Date.now() - startedAt);
const complete = results.length === stages.length;
process.exitCode = complete && results.every((result) => result.tally.failed === 0) ? 0 : 1;
