/** A logarithmic axis: `[from, to]` in data units on `[start, end]` in pixels. */
export interface Scale {
  at(value: number): number;
  /** 1, 2, 5, 10, 20, … inside the range. */
  readonly ticks: readonly number[];
}

const STEPS = [1, 2, 5];
const EDGE = 1.25;

/** Fits all `values` (above 0), with some air at both ends. */
export function logScale(values: readonly number[], start: number, end: number): Scale {
  const from = Math.log10(Math.min(...values) / EDGE);
  const to = Math.log10(Math.max(...values) * EDGE);
  const at = (value: number): number => start + ((Math.log10(value) - from) / (to - from)) * (end - start);
  const ticks: number[] = [];
  for (let power = Math.floor(from); power <= Math.ceil(to); power += 1) {
    for (const step of STEPS) ticks.push(step * 10 ** power);
  }
  return { at, ticks: ticks.filter((tick) => Math.log10(tick) >= from && Math.log10(tick) <= to) };
}
