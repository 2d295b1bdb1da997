import { StepKind } from '#protocol';

/**
 * The order of a saga, as a specification of its own: textbook two-phase commit has no words for it. A step's action commits at its
 * participant at once; going back, what was executed is undone in reverse order, and what may have been sent but is not known is
 * planted, so that it never runs.
 *
 *  SO1 An action runs only after everything it comes after is known to be executed; it runs at most once, a compensation too.
 *  SO2 Nothing is undone before the undoing is written, and never once the pivot is done.
 *  SO3 A pivot that may have been sent is settled before anything else is undone; it is itself never undone.
 *  SO4 A step is undone only after everything that may have run on top of it is known to be undone.
 *  SO5 The coordinator records of a step only what its participant's database holds.
 *  SO6 COMMIT only with every step known done; ABORT only with every step that may have been sent known undone.
 */
export interface SagaStepPlan {
  readonly id: string;
  readonly kind: StepKind;
  /** Steps that come before it. */
  readonly after: readonly string[];
}

/** `-` nothing, D done, F failed, C compensated, N its key planted (NULL_COMPENSATED). */
export const MARKS = { D: 'DONE', F: 'FAILED', C: 'COMPENSATED', N: 'NULL_COMPENSATED' } as const;
type Mark = '-' | keyof typeof MARKS;

export type SagaPhase = 'running' | 'demanded' | 'compensating' | 'completed' | 'compensated';

export interface SagaState {
  /** A mark a step: what its participant's database holds. */
  readonly rows: string;
  /** A mark a step: what the coordinator has recorded. */
  readonly known: string;
  readonly phase: SagaPhase;
}

export interface SagaMove {
  readonly action: string;
  /** The step whose row it writes; null: the coordinator writes. */
  readonly row: string | null;
  /** The durable event it leaves, as `eventText` writes it. */
  readonly shows: string;
  readonly to: SagaState;
}

export const sagaInitial = (steps: readonly SagaStepPlan[]): SagaState => ({
  rows: '-'.repeat(steps.length),
  known: '-'.repeat(steps.length),
  phase: 'running',
});

export function sagaMoves(steps: readonly SagaStepPlan[], state: SagaState): readonly SagaMove[] {
  const view = new View(steps, state);
  return [...steps.flatMap((step, at) => rowMoves(view, step, at)), ...coordinatorMoves(view)];
}

/** What the rules ask of a state. */
class View {
  constructor(
    readonly steps: readonly SagaStepPlan[],
    readonly state: SagaState,
  ) {}

  known(id: string): Mark {
    return this.state.known[this.steps.findIndex((step) => step.id === id)] as Mark;
  }

  /** Its command was sent, or may have been. */
  maybeSent(step: SagaStepPlan): boolean {
    return step.after.every((id) => 'DC'.includes(this.known(id)));
  }

  undone(step: SagaStepPlan): boolean {
    return 'FCN'.includes(this.known(step.id));
  }

  allUndone(): boolean {
    return this.steps.every((step) => !this.maybeSent(step) || this.undone(step));
  }

  /** SO3 */
  unsettledPivot(): boolean {
    return this.steps.some(
      (step) => step.kind === StepKind.Pivot && this.maybeSent(step) && this.known(step.id) === '-',
    );
  }

  pastPivot(): boolean {
    const pivot = this.steps.find(({ kind }) => kind === StepKind.Pivot);
    if (pivot) return this.known(pivot.id) === 'D';
    return this.steps.some((step) => step.kind === StepKind.Retriable && this.maybeSent(step));
  }

  /** SO2, SO4: its compensation may have been sent. */
  mayUndo(step: SagaStepPlan): boolean {
    if (this.state.phase !== 'compensating' || !this.maybeSent(step) || this.undone(step)) return false;
    const onTop = this.steps.filter(({ after }) => after.includes(step.id));
    return onTop.every((next) => !this.maybeSent(next) || this.undone(next));
  }
}

/** The participants: SO1–SO4. A command may arrive late, so what may have been sent may still run. */
function rowMoves(view: View, step: SagaStepPlan, at: number): readonly SagaMove[] {
  const row = view.state.rows[at] as Mark;
  const marks: (keyof typeof MARKS)[] = [];
  if (row === '-' && view.maybeSent(step)) marks.push('D');
  if (row === '-' && view.maybeSent(step) && step.kind !== StepKind.Retriable) marks.push('F');
  if (row === '-' && (view.mayUndo(step) || settles(view, step))) marks.push('N');
  if (row === 'D' && view.mayUndo(step) && step.kind !== StepKind.Pivot) marks.push('C');
  return marks.map((mark) => ({
    action: `${ROW_ACTIONS[mark]}(${step.id})`,
    row: step.id,
    shows: `${step.id} ${MARKS[mark]}`,
    to: { ...view.state, rows: marked(view.state.rows, at, mark) },
  }));
}

const ROW_ACTIONS = { D: 'Act', F: 'Refuse', C: 'Compensate', N: 'Plant' } as const;

const settles = (view: View, step: SagaStepPlan): boolean =>
  view.state.phase === 'demanded' &&
  step.kind === StepKind.Pivot &&
  view.maybeSent(step) &&
  view.known(step.id) === '-';

function coordinatorMoves(view: View): readonly SagaMove[] {
  const { state } = view;
  const wrote = (action: string, shows: string, phase: SagaPhase): SagaMove => ({
    action,
    row: null,
    shows,
    to: { ...state, phase },
  });
  const moves = view.steps.flatMap((step, at) => learns(view, step, at));
  const demanded = state.phase === 'demanded';
  if (state.phase === 'running' && !view.pastPivot()) moves.push(wrote('Demand', 'demand', 'demanded'));
  if ((demanded && !view.unsettledPivot()) || state.phase === 'compensating')
    moves.push(wrote('TurnBack', 'state SAGA_COMPENSATING', 'compensating'));
  if (state.phase === 'running' && [...state.known].every((mark) => mark === 'D'))
    moves.push(wrote('Complete', 'decision COMMIT', 'completed'));
  const back = state.phase === 'compensating' || (demanded && !view.unsettledPivot());
  if (back && view.allUndone()) moves.push(wrote('Undo', 'decision ABORT', 'compensated'));
  return moves;
}

/** SO5: results of actions while it runs, of compensations while it goes back; each once. */
function learns(view: View, step: SagaStepPlan, at: number): SagaMove[] {
  const { state } = view;
  const row = state.rows[at] as Mark;
  return learnable(view, step, state.known[at] as Mark, row).map((mark) => {
    const known = marked(state.known, at, mark);
    const phase = step.kind === StepKind.Pivot && mark === 'D' ? 'running' : state.phase;
    return {
      action: `Record(${step.id}, ${MARKS[mark]})`,
      row: null,
      shows: `recorded ${step.id} ${MARKS[mark]}`,
      to: { ...state, known, phase },
    };
  });
}

function learnable(view: View, step: SagaStepPlan, known: Mark, row: Mark): (keyof typeof MARKS)[] {
  const { phase } = view.state;
  if (row === '-') return [];
  if (phase === 'running' || phase === 'demanded') {
    if (known !== '-') return [];
    if (row === 'D') return ['D'];
    // A planted action that comes after all is answered FAILED; the settling itself says NULL_COMPENSATED.
    if (row === 'N') return settles(view, step) ? ['F', 'N'] : [];
    return row === 'F' ? ['F'] : [];
  }
  if (phase !== 'compensating' || view.undone(step)) return [];
  return row === 'C' || row === 'N' || (row === 'F' && known === '-') ? [row] : [];
}

const marked = (marks: string, at: number, mark: Mark): string =>
  `${marks.slice(0, at)}${mark}${marks.slice(at + 1)}`;
