import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

/**
 * @typedef {object} Tally
 * @property {number} passed
 * @property {number} failed
 * @property {string[]} failures  what failed, by name
 */

/** @returns {Tally} */
const oneFailure = (why) => ({ passed: 0, failed: 1, failures: [why] });

/** Why a command cannot count as passed, apart from its tests; undefined when it can. */
function faultOf(outcome) {
  if (outcome.timedOut) return 'took longer than its limit and was ended';
  if (outcome.leftovers) return 'left processes behind (ended now)';
  if (outcome.exitCode !== 0) return `exit code ${outcome.exitCode}`;
  return undefined;
}

/** A static check is one unit: passed or failed. @returns {Tally} */
function tallyCheck(outcome) {
  const fault = faultOf(outcome);
  return fault === undefined ? { passed: 1, failed: 0, failures: [] } : oneFailure(fault);
}

/** Names of what did not pass. A skipped test is a failure: it claims what it does not check. */
function failuresIn(result) {
  return result.testResults.flatMap((file) => {
    const notPassed = file.assertionResults.filter((test) => test.status !== 'passed');
    if (notPassed.length === 0 && file.status === 'failed')
      return [`${relative('.', file.name)}: did not run`];
    return notPassed.map((test) => `${test.fullName} (${test.status})`);
  });
}

/** @returns {Tally} */
function tallyJest(outcome, result) {
  const failures = failuresIn(result);
  const fault = result.numTotalTests === 0 ? 'no tests found' : faultOf(outcome);
  if (failures.length === 0 && fault !== undefined) failures.push(fault);
  return { passed: result.numPassedTests, failed: failures.length, failures };
}

/** @returns {Tally} */
function tallyProof(outcome, { passed, layers }) {
  const failures = layers.flatMap(({ layer, checks }) =>
    checks
      .filter(({ ok }) => !ok)
      .map(({ name, detail }) => `${layer}: ${name}${detail ? ` (${detail})` : ''}`),
  );
  const fault = faultOf(outcome);
  if (failures.length === 0 && fault !== undefined) failures.push(fault);
  return { passed, failed: failures.length, failures };
}

const TALLIES = { jest: tallyJest, proof: tallyProof };

/**
 * What a finished stage contributes to the sum.
 *
 * @param {import('./stages.mjs').Stage} stage
 * @param {{exitCode: number, timedOut: boolean, leftovers: boolean}} outcome
 * @returns {Tally}
 */
export function tally({ result }, outcome) {
  if (result === undefined) return tallyCheck(outcome);
  if (!existsSync(result.file)) return oneFailure(faultOf(outcome) ?? 'the command wrote no result');
  return TALLIES[result.by](outcome, JSON.parse(readFileSync(result.file, 'utf8')));
}
