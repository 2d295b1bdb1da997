import { textOf } from './history.js';
import type { DurableEvent, TimelineFact, TransactionHistory } from './history.js';

/** Ways to make a valid history (one lane, whole) a false one. Each returns null where it would stay legal, or has nothing to bite on. */
type Events = readonly DurableEvent[];
type Corruption = (events: Events) => Events | null;

interface Row {
  readonly index: number;
  readonly event: Extract<DurableEvent, { from: 'branch' }>;
}
interface Written {
  readonly index: number;
  readonly fact: TimelineFact;
}

const rowsIn = (events: Events, ...states: readonly string[]): readonly Row[] =>
  events.flatMap((event, index) =>
    event.from === 'branch' && states.includes(event.state) ? { index, event } : [],
  );
const factsIn = (events: Events, kind: string): readonly Written[] =>
  events.flatMap((event, index) =>
    event.from === 'coordinator' && event.fact.kind === kind ? { index, fact: event.fact } : [],
  );

const without = (events: Events, index: number): Events => events.toSpliced(index, 1);
const moved = (events: Events, index: number, to: number): Events =>
  without(events, index).toSpliced(to, 0, events[index]!);
const withRow = (events: Events, { index, event }: Row, state: string): Events =>
  events.with(index, { ...event, state });
const withFact = (events: Events, { index, fact }: Written, change: Partial<TimelineFact>): Events =>
  events.with(index, { from: 'coordinator', fact: { ...fact, ...change } });

const FLIPPED: Readonly<Record<string, string>> = {
  ...{ COMMIT: 'ABORT', ABORT: 'COMMIT', COMMITTING: 'ABORTING', ABORTING: 'COMMITTING' },
  ...{ COMMITTED: 'ABORTED', ABORTED: 'COMMITTED' },
};
const modeOf = (events: Events): string | null => {
  const [first] = events;
  return first?.from === 'coordinator' ? textOf(first.fact.detail, 'mode') : null;
};
const is2pc = (events: Events, attempt: number): boolean => attempt === 1 && modeOf(events) === '2pc';
const decided = (events: Events, decision: string): Written | undefined =>
  factsIn(events, 'DECIDED').find(
    ({ fact }) => is2pc(events, fact.attempt) && textOf(fact.detail, 'decision') === decision,
  );
/** Of attempt 1, which is two-phase. */
const rows2pc = (events: Events, ...states: readonly string[]): readonly Row[] =>
  modeOf(events) === '2pc' ? rowsIn(events, ...states).filter(({ event }) => event.attempt === 1) : [];

const flip = (events: Events, written: Written): Events => {
  const decision = FLIPPED[textOf(written.fact.detail, 'decision')!]!;
  return withFact(events, written, { detail: { decision, reason: null } });
};

export const CORRUPTIONS: Readonly<Record<string, Corruption>> = {
  'the decision is flipped': (events) => {
    const [written] = factsIn(events, 'DECIDED');
    return written ? flip(events, written) : null;
  },
  'decision, states and acknowledgements are flipped, the branches are not': (events) => {
    const written = decided(events, 'COMMIT') ?? decided(events, 'ABORT');
    if (!written || factsIn(events, 'FALLBACK').length > 0) return null;
    const finished = textOf(written.fact.detail, 'decision') === 'COMMIT' ? 'COMMITTED' : 'ABORTED';
    if (rows2pc(events, finished).length === 0) return null;
    return flip(events, written).map((event) => {
      const state = event.from === 'coordinator' ? textOf(event.fact.detail, 'state') : null;
      if (event.from === 'branch' || state === null || !(state in FLIPPED)) return event;
      return { from: 'coordinator', fact: { ...event.fact, detail: { state: FLIPPED[state]! } } };
    });
  },
  'a decision is missing': (events) => {
    const [written] = factsIn(events, 'DECIDED');
    return written ? without(events, written.index) : null;
  },
  'a second decision follows': (events) => {
    const [written] = factsIn(events, 'DECIDED');
    return written ? events.toSpliced(written.index + 1, 0, flip(events, written)[written.index]!) : null;
  },
  'a vote is missing under COMMIT': (events) => {
    const [vote] = decided(events, 'COMMIT') ? rows2pc(events, 'PREPARED', 'READ_ONLY') : [];
    return vote ? without(events, vote.index) : null;
  },
  'COMMIT comes before the last vote': (events) => {
    const written = decided(events, 'COMMIT');
    const vote = rows2pc(events, 'PREPARED', 'READ_ONLY').at(-1);
    return written && vote ? moved(events, written.index, vote.index) : null;
  },
  'a branch committed under ABORT': (events) => {
    const [row] = decided(events, 'ABORT') ? rows2pc(events, 'ABORTED') : [];
    return row ? withRow(events, row, 'COMMITTED') : null;
  },
  'a branch aborted under COMMIT': (events) => {
    const [row] = rows2pc(events, 'COMMITTED');
    return row ? withRow(events, row, 'ABORTED') : null;
  },
  'a branch committed before the decision': (events) => {
    const written = decided(events, 'COMMIT');
    const [row] = rows2pc(events, 'COMMITTED');
    return written && row ? moved(events, row.index, written.index) : null;
  },
  'a prepare after the tombstone': (events) => {
    const [row] = rows2pc(events, 'ABORTED');
    return row ? events.toSpliced(row.index + 1, 0, { ...row.event, state: 'PREPARED' }) : null;
  },
  'the end comes without an acknowledgement': (events) => {
    const [ack] = factsIn(events, 'BRANCH').filter(
      ({ fact }) =>
        is2pc(events, fact.attempt) && ['COMMITTED', 'ABORTED'].includes(textOf(fact.detail, 'state')!),
    );
    return ack && factsIn(events, 'ENDED').length > 0 ? without(events, ack.index) : null;
  },
  'an acknowledgement that nobody gave': (events) => {
    const [ack] = factsIn(events, 'BRANCH').filter(({ fact }) => textOf(fact.detail, 'state') === 'ABORTED');
    return ack ? withFact(events, ack, { detail: { state: 'COMMITTED' } }) : null;
  },
  'a NO is recorded under COMMIT': (events) => {
    const written = decided(events, 'COMMIT');
    const plan = rows2pc(events, 'PREPARED', 'READ_ONLY')[0];
    if (!written || !plan) return null;
    const fact = { kind: 'BRANCH', attempt: 1, branch: plan.event.branch, detail: { state: 'PENDING' } };
    return events.toSpliced(written.index, 0, { from: 'coordinator', fact });
  },
  'a fallback without the ABORT before it': (events) => {
    const [fallback] = factsIn(events, 'FALLBACK');
    return fallback ? without(events, fallback.index - 1) : null;
  },
  'a fallback that was not asked for': (events) => {
    const [begun] = factsIn(events, 'BEGUN');
    if (factsIn(events, 'FALLBACK').length === 0) return null;
    return withFact(events, begun!, { detail: { mode: '2pc', fallback: 'none' } });
  },
  'an action beside its own prepared attempt': (events) => {
    const row = rowsIn(events, 'DONE', 'FAILED').find(({ event }) => event.attempt === 2)?.event;
    const cancelled = rows2pc(events, 'ABORTED').find(({ event }) => event.branch === row?.branch);
    const prepared = rows2pc(events, 'PREPARED').some(({ event }) => event.branch === row?.branch);
    return cancelled && prepared ? moved(events, cancelled.index, events.length - 1) : null;
  },
  'an action runs twice': (events) => {
    const [row] = rowsIn(events, 'DONE');
    return row ? events.toSpliced(row.index, 0, row.event) : null;
  },
  'an action runs before the one it comes after': (events) => {
    const row = rowsIn(events, 'DONE').find(({ event }) => event.branch === 'b1');
    const first = rowsIn(events, 'DONE').find(({ event }) => event.branch === 'b0');
    return row && first ? moved(events, row.index, first.index) : null;
  },
  'a step is compensated before the undoing is written': (events) => {
    const [row] = rowsIn(events, 'COMPENSATED');
    const back = factsIn(events, 'STATE').find(
      ({ fact }) => textOf(fact.detail, 'state') === 'SAGA_COMPENSATING',
    );
    return row && back ? moved(events, row.index, back.index) : null;
  },
  'compensations run forward': (events) => {
    const [last, first] = rowsIn(events, 'COMPENSATED');
    return last && first ? withPlaces(events, last, first) : null;
  },
  'a step is compensated that never ran': (events) => {
    const row = rowsIn(events, 'COMPENSATED')[0]?.event;
    const acted = rowsIn(events, 'DONE').find(({ event }) => event.branch === row?.branch);
    return acted ? without(events, acted.index) : null;
  },
  'an executed step is not compensated': (events) => {
    const [row] = rowsIn(events, 'COMPENSATED');
    return row && factsIn(events, 'ENDED').length > 0 ? without(events, row.index) : null;
  },
  'a completed saga forgot a step': (events) => {
    const written = factsIn(events, 'DECIDED').find(
      ({ fact }) => !is2pc(events, fact.attempt) && textOf(fact.detail, 'decision') === 'COMMIT',
    );
    const [done] = factsIn(events, 'BRANCH').filter(({ fact }) => textOf(fact.detail, 'state') === 'DONE');
    return written && done ? without(events, done.index) : null;
  },
  'a step is written after the end': (events) => {
    const [ended] = factsIn(events, 'ENDED');
    return ended ? [...events, { from: 'coordinator', fact: { ...ended.fact, kind: 'STATE' } }] : null;
  },
  'a kind nobody knows': (events) => {
    const fact = { kind: 'SKIPPED', attempt: 1, branch: null, detail: null };
    return events.toSpliced(1, 0, { from: 'coordinator', fact });
  },
  'a row at a participant that has no such branch': (events) => {
    const [row] = rowsIn(events, 'PREPARED', 'DONE', 'ABORTED');
    return row ? events.with(row.index, { ...row.event, participant: 'stranger' }) : null;
  },
};

/** Two rows change places. */
const withPlaces = (events: Events, one: Row, other: Row): Events =>
  events.with(one.index, other.event).with(other.index, one.event);

export function corrupted(history: TransactionHistory, corruption: Corruption): TransactionHistory | null {
  const events = corruption(history.lanes.flat());
  return events && { ...history, lanes: [events] };
}
