/** An axis: `[from, to]` in data units on `[start, end]` in pixels. */
export interface Scale {
  at(value: number): number;
  /** Round numbers inside the range. */
  readonly ticks: readonly number[];
}

const STEPS = [1, 2, 5];
const EDGE = 1.25;

/** 1, 2, 5, 10, 20, … */
function logScale(values: readonly number[], start: number, end: number): Scale {
  const from = Math.log10(Math.min(...values) / EDGE);
  const to = Math.log10(Math.max(...values) * EDGE);
  const at = (value: number): number => start + ((Math.log10(value) - from) / (to - from)) * (end - start);
  const ticks: number[] = [];
  for (let power = Math.floor(from); power <= Math.ceil(to); power += 1) {
    for (const step of STEPS) ticks.push(step * 10 ** power);
  }
  return { at, ticks: ticks.filter((tick) => Math.log10(tick) >= from && Math.log10(tick) <= to) };
}

/** Each value is a tick: who has few, and 0 among them, wants to see just those. */
function linearScale(values: readonly number[], start: number, end: number): Scale {
  const from = Math.min(...values);
  const length = Math.max(...values) - from || 1;
  return {
    at: (value) => start + ((value - from) / length) * (end - start),
    ticks: [...new Set(values)].sort((a, b) => a - b),
  };
}

/** Fits all `values`: logarithmic, with some air at both ends, or linear where there is a 0. */
export function scaleOf(values: readonly number[], start: number, end: number): Scale {
  return Math.min(...values) > 0 ? logScale(values, start, end) : linearScale(values, start, end);
}
