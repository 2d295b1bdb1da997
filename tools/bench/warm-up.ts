/** Slices without gain until a contender counts as warm: one may have been disturbed. */
const FLAT_SLICES = 3;

/** A smaller gain is noise. */
const GAIN = 1.03;

/** Whether a contender that did so much a second in slices one after the other has stopped to get faster. */
export function isWarm(rates: readonly number[]): boolean {
  if (rates.length <= FLAT_SLICES) return false;
  const before = Math.max(...rates.slice(0, -FLAT_SLICES));
  return Math.max(...rates.slice(-FLAT_SLICES)) <= before * GAIN;
}
