import { factText } from './history.js';
import type { DurableEvent, TransactionHistory } from './history.js';
import { validateHistory } from './validate.js';
import type { Verdict } from './validate.js';

/** Histories that differ only in ids and payloads have one verdict. */
const MAX_KNOWN = 50_000;

/** Judges histories, each kind of them once: most transactions go the way of thousands before them. */
export class KnownVerdicts {
  private readonly known = new Map<string, Verdict>();

  of(history: TransactionHistory): Verdict {
    const kind = kindOf(history);
    const known = this.known.get(kind);
    if (known) return known;
    const verdict = validateHistory(history);
    if (this.known.size < MAX_KNOWN) this.known.set(kind, verdict);
    return verdict;
  }
}

/** Everything of a history that a rule can look at, but for its id. */
export function kindOf({ plan, lanes, history, fences }: TransactionHistory): string {
  const steps = plan.map(
    ({ id, participant, kind, after }) => `${id}@${participant}:${kind}<${after.join()}`,
  );
  const events = lanes.map((lane) => lane.map(eventText).join(' '));
  const raised = fences === null ? '-' : [...fences].join();
  return [history, steps.join(' '), raised, ...events].join('\n');
}

const eventText = (event: DurableEvent): string =>
  event.from === 'branch'
    ? `${event.branch}@${event.participant}/${event.attempt}=${event.state}`
    : factText(event.fact);
