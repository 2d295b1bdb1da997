import type { TlcResult } from './output.js';

/**
 * Exist only to show what a rule that is switched off would allow; RepeatResult matters only after the loss of a saga's reply,
 * and no search has losses and a fallback at once.
 */
const NEVER_EXPECTED = ['SendBeforePersist', 'MistakeAttempt', 'CollectEarly', 'Quarantine', 'RepeatResult'];

/** Actions that no finished search ever took: a rule about them has been checked of nothing. */
export function actionsNeverTaken(results: readonly TlcResult[]): readonly string[] {
  const taken = new Map<string, number>();
  for (const result of results) {
    if (result.kind !== 'holds') continue;
    for (const [action, times] of Object.entries(result.actions)) {
      taken.set(action, (taken.get(action) ?? 0) + times);
    }
  }
  if (taken.size === 0) return ['(TLC printed no coverage)'];
  return [...taken]
    .filter(([action, times]) => times === 0 && !NEVER_EXPECTED.includes(action))
    .map(([action]) => action);
}
