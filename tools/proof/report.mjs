import { styleText } from 'node:util';
import { clock } from '../verify/report.mjs';
import { LAYERS } from './layers.mjs';

const NAME_WIDTH = Math.max(...LAYERS.map(({ name }) => name.length));

const paint = (style, text) => styleText(style, text, { stream: process.stdout });
const count = (checks) => `${checks.filter(({ ok }) => ok).length}/${checks.length}`;

export function printStart(layer, index, total) {
  console.log(`\n${paint('bold', `▶ [${index + 1}/${total}] ${layer.name}`)} — ${layer.what}`);
}

/** What a layer prints, with its name before it: two lanes print at a time. */
export function printLine({ name }, line) {
  console.log(`${paint('dim', `${name.padEnd(NAME_WIDTH)} │`)} ${line}`);
}

export function printEnd({ layer, fragment, durationMs }) {
  const bad = fragment.checks.filter(({ ok }) => !ok);
  const verdict = bad.length === 0 ? paint('green', '✔') : paint('red', '✘');
  console.log(`${verdict} ${layer.name}: ${count(fragment.checks)} checks in ${clock(durationMs)}`);
  for (const { name, detail, replay } of bad) {
    console.log(`  ${paint('red', '✘')} ${name}${detail ? `: ${detail}` : ''}`);
    if (replay) console.log(`    again: ${replay}`);
  }
}

/** Columns as wide as their widest cell; numbers to the right. @param {(string | number)[][]} rows */
function aligned(rows) {
  const widths = rows[0].map((_, at) => Math.max(...rows.map((row) => String(row[at]).length)));
  const cell = (value, at) =>
    typeof value === 'number' ? String(value).padStart(widths[at]) : String(value).padEnd(widths[at]);
  return rows.map((row) => row.map(cell).join('  ').trimEnd());
}

function printTable({ columns, rows }) {
  const [titles, ...lines] = aligned([columns, ...rows]);
  console.log(`  ${paint('underline', titles)}`);
  for (const line of lines) console.log(`  ${line}`);
}

function figuresOf({ figures }) {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${typeof value === 'number' ? value.toLocaleString('en') : value}`)
    .join(', ');
}

/** The tables of the layers, one line a layer, and as the very last line `N passed, N failed`. */
export function printSummary(results, reportFile, durationMs) {
  for (const { layer, fragment } of results.filter(({ fragment }) => fragment.table)) {
    console.log(`\n${paint('bold', layer.name)}`);
    printTable(fragment.table);
  }
  console.log();
  const rows = results.map(({ layer, fragment, durationMs }) => [
    layer.name,
    count(fragment.checks),
    clock(durationMs),
    figuresOf(fragment),
  ]);
  printTable({ columns: ['layer', 'checks', 'time', 'reached'], rows });
  const checks = results.flatMap(({ fragment }) => fragment.checks);
  const passed = checks.filter(({ ok }) => ok).length;
  console.log(
    `\nreport: ${reportFile}; all in ${clock(durationMs)}\n${passed} passed, ${checks.length - passed} failed`,
  );
}
