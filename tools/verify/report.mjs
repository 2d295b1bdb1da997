import { styleText } from 'node:util';

const SHOWN_FAILURES = 20;

const paint = (style, text) => styleText(style, text, { stream: process.stdout });

/** Milliseconds as `m:ss`. */
export function clock(durationMs) {
  const seconds = Math.round(durationMs / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

export function printStageStart(stage, index, count) {
  console.log(`\n${paint('bold', `▶ [${index + 1}/${count}] ${stage.name}`)} — ${stage.what}`);
}

export function printHeartbeat(stage, durationMs) {
  console.log(paint('dim', `… ${stage.name} has been running for ${clock(durationMs)}`));
}

export function printStageEnd({ stage, tally, durationMs }) {
  const verdict = tally.failed === 0 ? paint('green', '✔') : paint('red', '✘');
  console.log(`${verdict} ${stage.name} in ${clock(durationMs)}`);
}

function printFailures(results) {
  for (const { stage, tally } of results.filter((result) => result.tally.failed > 0)) {
    console.log(paint('red', `\n${stage.name}:`));
    for (const failure of tally.failures.slice(0, SHOWN_FAILURES)) console.log(`  ✘ ${failure}`);
    if (tally.failures.length > SHOWN_FAILURES) {
      console.log(`  … and ${tally.failures.length - SHOWN_FAILURES} more`);
    }
  }
}

function row(name, passed, failed, time) {
  return `${name.padEnd(14)}${String(passed).padStart(8)}${String(failed).padStart(8)}${time.padStart(9)}`;
}

/** Failures by name, the table of stages, and as the very last line `N passed, N failed`. */
export function printSummary(results, totalMs) {
  const sum = (field) => results.reduce((total, { tally }) => total + tally[field], 0);
  printFailures(results);
  console.log(`\n${paint('bold', row('stage', 'passed', 'failed', 'time'))}`);
  for (const { stage, tally, durationMs } of results) {
    console.log(row(stage.name, tally.passed, tally.failed, clock(durationMs)));
  }
  console.log(`${row('total', sum('passed'), sum('failed'), clock(totalMs))}\n`);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
}
