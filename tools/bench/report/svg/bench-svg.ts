import type { Row, Spread } from '../summary.js';
import { drawPanel, escapeXml, type Line, type Panel } from './panel.js';

/** Colours that stay apart for most eyes (Okabe and Ito). */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000', '#f0e442'];
const WIDTH = 460;
const HEIGHT = 320;
const MARGIN = 64;
const LEGEND_LINE = 18;

function linesOf(rows: readonly Row[], value: (row: Row) => Spread): Line[] {
  const names = [...new Set(rows.map(({ contender }) => contender))];
  return names.map((name, index) => ({
    name,
    color: COLORS[index % COLORS.length]!,
    dashed: name.startsWith('floor'),
    points: rows
      .filter((row) => row.contender === name && value(row).min > 0)
      .map((row) => ({ x: row.x, y: value(row).median, low: value(row).min, high: value(row).max }))
      .sort((a, b) => a.x - b.x),
  }));
}

function legend(lines: readonly Line[], top: number): string[] {
  return lines.flatMap(({ name, color, dashed }, index) => {
    const y = top + index * LEGEND_LINE;
    const dash = dashed ? ' stroke-dasharray="6 4"' : '';
    return [
      `<path d="M${MARGIN} ${y - 4}h24" stroke="${color}" stroke-width="2"${dash}/>`,
      `<text x="${MARGIN + 32}" y="${y}">${escapeXml(name)}</text>`,
    ];
  });
}

/** Throughput and latency along one dimension, every contender a line, floors dashed; bars span the rounds. */
export function benchSvg(rows: readonly Row[], xLabel: string): string {
  const throughput = linesOf(rows, (row) => row.throughput);
  const panels: Panel[] = [
    { title: 'committed per second', xLabel: xLabel, lines: throughput },
    { title: 'latency p50, ms', xLabel: xLabel, lines: linesOf(rows, (row) => row.p50Ms) },
    { title: 'latency p99, ms', xLabel: xLabel, lines: linesOf(rows, (row) => row.p99Ms) },
  ];
  const legendTop = MARGIN + HEIGHT + MARGIN;
  const height = legendTop + throughput.length * LEGEND_LINE + LEGEND_LINE;
  const width = panels.length * (WIDTH + MARGIN) + MARGIN;
  const drawn = panels.flatMap((panel, index) =>
    drawPanel(panel, { left: MARGIN + index * (WIDTH + MARGIN), top: MARGIN, width: WIDTH, height: HEIGHT }),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    ...drawn,
    ...legend(throughput, legendTop),
    '</svg>\n',
  ].join('\n');
}
