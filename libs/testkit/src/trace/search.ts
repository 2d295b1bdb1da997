/**
 * Is there a behaviour of a specification that writes what was observed, in an order that keeps every lane?
 *
 * A lane is a totally ordered log; lanes are not ordered among each other (a participant's database and the ledger share no
 * clock), except as the specification itself demands. A step that writes something durable happens exactly where its event
 * stands in a lane; only where the log says less than the specification may it happen unseen (`mayHide`).
 */

export interface SpecStep<S> {
  /** For the reason of a rejection: `RMPrepare(a)`. */
  readonly name: string;
  /** Whose lane this step writes to. */
  readonly owner: string;
  /** Labels of the durable events it may appear as, one at a time; none: it leaves no trace and may always happen unseen. */
  readonly shows: readonly string[];
  readonly to: S;
}

export interface Observation<S> {
  readonly label: string;
  readonly owner: string;
  /** Null: the event is the step that shows its label. Else no step: it only says that this holds where it stands. */
  readonly holds: ((state: S) => boolean) | null;
}

export interface Question<S> {
  readonly initial: S;
  readonly next: (state: S) => readonly SpecStep<S>[];
  readonly key: (state: S) => string | number;
  readonly lanes: readonly (readonly Observation<S>[])[];
  /**
   * May a step that shows something happen unseen, although its owner's lane goes on (`false`: every lane is the whole history)?
   * Never after the last event of its owner: that one is its state now.
   */
  readonly partialOwner: (owner: string) => boolean;
}

interface Node<S> {
  readonly state: S;
  /** Events consumed, a lane. */
  readonly at: readonly number[];
}

/** null: there is such a behaviour. Else why not: what the furthest one could not explain. */
export function unexplained<S>(question: Question<S>): string | null {
  const ends = new LastPlaces(question.lanes);
  const seen = new Set<string>();
  const stack: Node<S>[] = [{ state: question.initial, at: question.lanes.map(() => 0) }];
  let furthest: Node<S> | null = null;
  for (let popped = stack.pop(); popped !== undefined; popped = stack.pop()) {
    const node = settle(question, popped);
    if (done(question, node)) return null;
    const key = `${question.key(node.state)}@${node.at.join()}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if (furthest === null || consumed(node) > consumed(furthest)) furthest = node;
    branch(question, ends, node, stack);
  }
  return reason(question, furthest!);
}

/**
 * Takes what can never be wrong to take now: observations that hold (consuming one frees its lane and changes no state), and
 * steps that leave no trace (a specification may declare only such that disable nothing that is still to be explained).
 */
function settle<S>(question: Question<S>, node: Node<S>): Node<S> {
  let { state } = node;
  const at = [...node.at];
  for (let moved = true; moved;) {
    moved = false;
    question.lanes.forEach((lane, index) => {
      for (; lane[at[index]!]?.holds?.(state) === true; moved = true) at[index]! += 1;
    });
    const now = question.key(state);
    const silent = question
      .next(state)
      .find(({ shows, to }) => shows.length === 0 && question.key(to) !== now);
    if (silent) [state, moved] = [silent.to, true];
  }
  return { state, at };
}

function branch<S>(question: Question<S>, ends: LastPlaces<S>, node: Node<S>, stack: Node<S>[]): void {
  const { lanes } = question;
  // Unseen steps are pushed first, so that what was seen is tried first.
  for (const step of question.next(node.state)) {
    if (step.shows.length > 0 && hides(question, ends, node, step))
      stack.push({ state: step.to, at: node.at });
  }
  for (const step of question.next(node.state)) {
    lanes.forEach((lane, index) => {
      const event = lane[node.at[index]!];
      if (event === undefined || event.holds !== null || !step.shows.includes(event.label)) return;
      stack.push({ state: step.to, at: node.at.map((place, other) => place + (other === index ? 1 : 0)) });
    });
  }
}

function hides<S>(question: Question<S>, ends: LastPlaces<S>, node: Node<S>, step: SpecStep<S>): boolean {
  if (!question.partialOwner(step.owner) || !ends.remains(`owner ${step.owner}`, node.at)) return false;
  return !step.shows.some((label) => ends.remains(`label ${label}`, node.at));
}

/** Where a label, or an owner, stands for the last time in each lane: is there more to come of it? */
class LastPlaces<S> {
  private readonly last = new Map<string, Map<number, number>>();

  constructor(lanes: readonly (readonly Observation<S>[])[]) {
    lanes.forEach((lane, index) => {
      lane.forEach((event, place) => {
        if (event.holds !== null) return;
        this.set(`label ${event.label}`, index, place);
        this.set(`owner ${event.owner}`, index, place);
      });
    });
  }

  private set(key: string, lane: number, place: number): void {
    const places = this.last.get(key) ?? new Map<number, number>();
    this.last.set(key, places.set(lane, place));
  }

  remains(key: string, at: readonly number[]): boolean {
    for (const [lane, place] of this.last.get(key) ?? []) if (place >= at[lane]!) return true;
    return false;
  }
}

const done = <S>({ lanes }: Question<S>, { at }: Node<S>): boolean =>
  lanes.every((lane, index) => at[index] === lane.length);

const consumed = <S>({ at }: Node<S>): number => at.reduce((sum, place) => sum + place, 0);

function reason<S>({ lanes, next }: Question<S>, { state, at }: Node<S>): string {
  const waiting = lanes.flatMap((lane, index) => lane[at[index]!]?.label ?? []);
  const enabled = next(state).map(({ name }) => name);
  return `no step explains "${waiting.join('" or "')}"; enabled there: ${enabled.join(', ') || 'nothing'}`;
}
