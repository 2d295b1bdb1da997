import { scaleOf, type Scale } from './scale.js';

export interface Point {
  readonly x: number;
  readonly y: number;
  /** How far the rounds were apart; drawn as a bar. */
  readonly low: number;
  readonly high: number;
}

export interface Line {
  readonly name: string;
  readonly color: string;
  readonly dashed: boolean;
  readonly points: readonly Point[];
}

export interface Panel {
  readonly title: string;
  readonly xLabel: string;
  readonly lines: readonly Line[];
}

export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const GREY = '#999';

export const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const round = (value: number): string => value.toFixed(1);

function axes({ left, top, width, height }: Frame, x: Scale, y: Scale, { title, xLabel }: Panel): string[] {
  const bottom = top + height;
  return [
    `<text x="${left}" y="${top - 12}" font-weight="bold">${escapeXml(title)}</text>`,
    `<text x="${left + width}" y="${bottom + 36}" text-anchor="end">${escapeXml(xLabel)}</text>`,
    `<rect x="${left}" y="${top}" width="${width}" height="${height}" fill="none" stroke="${GREY}"/>`,
    ...y.ticks.map(
      (tick) =>
        `<path d="M${left} ${round(y.at(tick))}h${width}" stroke="#eee"/><text x="${left - 6}" y="${round(y.at(tick) + 4)}" text-anchor="end">${figureOf(tick)}</text>`,
    ),
    ...x.ticks.map(
      (tick) =>
        `<path d="M${round(x.at(tick))} ${bottom}v4" stroke="${GREY}"/><text x="${round(x.at(tick))}" y="${bottom + 18}" text-anchor="middle">${figureOf(tick)}</text>`,
    ),
  ];
}

const figureOf = (tick: number): string => String(Number(tick.toPrecision(3)));

function curve({ color, dashed, points }: Line, x: Scale, y: Scale): string[] {
  const path = points.map(
    ({ x: px, y: py }, index) => `${index === 0 ? 'M' : 'L'}${round(x.at(px))} ${round(y.at(py))}`,
  );
  const dash = dashed ? ' stroke-dasharray="6 4"' : '';
  return [
    `<path d="${path.join('')}" fill="none" stroke="${color}" stroke-width="2"${dash}/>`,
    ...points.map(
      ({ x: px, y: py, low, high }) =>
        `<path d="M${round(x.at(px))} ${round(y.at(low))}V${round(y.at(high))}" stroke="${color}"/><circle cx="${round(x.at(px))}" cy="${round(y.at(py))}" r="3" fill="${color}"/>`,
    ),
  ];
}

/** One diagram. Lines without a point are left out. */
export function drawPanel(panel: Panel, frame: Frame): string[] {
  const lines = panel.lines.filter(({ points }) => points.length > 0);
  const points = lines.flatMap((line) => line.points);
  if (points.length === 0) return [];
  const x = scaleOf(
    points.map((point) => point.x),
    frame.left,
    frame.left + frame.width,
  );
  const heights = points.flatMap(({ low, high }) => [low, high]);
  const y = scaleOf(heights, frame.top + frame.height, frame.top);
  return [...axes(frame, x, y, panel), ...lines.flatMap((line) => curve(line, x, y))];
}
