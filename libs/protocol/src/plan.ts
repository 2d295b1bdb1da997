import { Fallback, Mode, StepKind } from './vocabulary.js';

/** A branch as requested: `after` undefined everywhere means "in the order given". */
export interface PlanBranchInput {
  readonly id: string;
  readonly participant: string;
  readonly operation: string;
  readonly kind: StepKind;
  readonly after?: readonly string[] | undefined;
}

export interface PlanInput {
  readonly mode: Mode;
  readonly fallback: Fallback;
  readonly branches: readonly PlanBranchInput[];
}

/** Valid JSON, impossible plan (422). `pointer` is a JSON pointer into the request. */
export interface PlanFault {
  readonly pointer: string;
  readonly code:
    'DUPLICATE_BRANCH' | 'UNKNOWN_AFTER' | 'CYCLE' | 'SAGA_ONLY' | 'STEP_ORDER' | 'FALLBACK_OF_SAGA';
  readonly detail: string;
}

/** Everything that makes a plan impossible, all at once; empty = fine. Participants and operations are the registry's to check. */
export function planFaults(plan: PlanInput): readonly PlanFault[] {
  const shape = [...modeFaults(plan), ...duplicateFaults(plan), ...afterFaults(plan)];
  // Without a saga nobody waits for anybody: there is neither graph nor order to look at.
  if (shape.length > 0 || !maybeSaga(plan)) return shape;
  const steps = sagaGraph(plan.branches);
  const cycle = cycleFaults(steps);
  return cycle.length > 0 ? cycle : orderFaults(steps);
}

/** The graph of the saga steps: as `after` draws it, or, when no step has one, each after the one before. */
export function sagaGraph<B extends PlanBranchInput>(
  branches: readonly B[],
): readonly (B & { readonly after: readonly string[] })[] {
  const drawn = branches.some((branch) => branch.after !== undefined);
  return branches.map((branch, index) => {
    const previous = branches[index - 1];
    return { ...branch, after: drawn ? [...new Set(branch.after ?? [])] : previous ? [previous.id] : [] };
  });
}

function maybeSaga(plan: PlanInput): boolean {
  return plan.mode === Mode.Saga || plan.fallback === Fallback.Saga;
}

function modeFaults(plan: PlanInput): readonly PlanFault[] {
  const sagaPossible = maybeSaga(plan);
  const wrongFallback: PlanFault[] =
    plan.mode === Mode.Saga && plan.fallback === Fallback.Saga
      ? [{ pointer: '/fallback', code: 'FALLBACK_OF_SAGA', detail: 'a saga has nothing to fall back to' }]
      : [];
  const sagaOnly = plan.branches.flatMap((branch, index): PlanFault[] => {
    if (sagaPossible) return [];
    const where = `/branches/${index}`;
    const kind: PlanFault[] =
      branch.kind === StepKind.Compensatable
        ? []
        : [{ pointer: `${where}/kind`, code: 'SAGA_ONLY', detail: `${branch.kind} needs a saga` }];
    const after: PlanFault[] =
      branch.after === undefined
        ? []
        : [{ pointer: `${where}/after`, code: 'SAGA_ONLY', detail: '2pc branches run in parallel' }];
    return [...kind, ...after];
  });
  return [...wrongFallback, ...sagaOnly];
}

function duplicateFaults(plan: PlanInput): readonly PlanFault[] {
  const seen = new Set<string>();
  return plan.branches.flatMap((branch, index): PlanFault[] => {
    if (!seen.has(branch.id)) {
      seen.add(branch.id);
      return [];
    }
    return [
      {
        pointer: `/branches/${index}/id`,
        code: 'DUPLICATE_BRANCH',
        detail: `branch ${branch.id} is there twice`,
      },
    ];
  });
}

function afterFaults(plan: PlanInput): readonly PlanFault[] {
  const ids = new Set(plan.branches.map((branch) => branch.id));
  return plan.branches.flatMap((branch, index) =>
    (branch.after ?? [])
      .map((id, at): PlanFault => ({
        pointer: `/branches/${index}/after/${at}`,
        code: 'UNKNOWN_AFTER',
        detail: `no branch ${id}`,
      }))
      .filter((_, at) => !ids.has(branch.after![at]!)),
  );
}

type Steps = readonly (PlanBranchInput & { readonly after: readonly string[] })[];

/** Kahn: whatever never becomes free lies on, or behind, a cycle. */
function cycleFaults(steps: Steps): readonly PlanFault[] {
  const placed = new Set<string>();
  for (let moved = true; moved;) {
    const free = steps.filter((step) => !placed.has(step.id) && step.after.every((id) => placed.has(id)));
    for (const step of free) placed.add(step.id);
    moved = free.length > 0;
  }
  return steps.flatMap((step, index): PlanFault[] =>
    placed.has(step.id)
      ? []
      : [{ pointer: `/branches/${index}/after`, code: 'CYCLE', detail: `${step.id} waits for itself` }],
  );
}

/** compensatable* pivot? retriable* (§4): everything compensatable lies before the pivot, everything retriable behind it. */
function orderFaults(steps: Steps): readonly PlanFault[] {
  const pivots = steps.filter((step) => step.kind === StepKind.Pivot);
  if (pivots.length > 1) return [fault(steps, pivots[1]!, 'only one pivot')];
  return steps.flatMap((step) => {
    const before = ancestors(steps, step);
    if (step.kind === StepKind.Compensatable) {
      const late = steps.find((other) => other.kind !== StepKind.Compensatable && before.has(other.id));
      return late ? [fault(steps, step, `compensatable after the ${late.kind} ${late.id}`)] : [];
    }
    const wanted = steps.filter((other) => mustPrecede(other, step) && !before.has(other.id));
    return wanted.map((other) => fault(steps, step, `${step.kind} must come after ${other.id}`));
  });
}

/** A pivot waits for every compensatable step, a retriable one for those and the pivot. */
function mustPrecede(other: PlanBranchInput, step: PlanBranchInput): boolean {
  if (other.id === step.id) return false;
  return (
    other.kind === StepKind.Compensatable ||
    (other.kind === StepKind.Pivot && step.kind === StepKind.Retriable)
  );
}

function ancestors(steps: Steps, step: Steps[number]): ReadonlySet<string> {
  const found = new Set<string>();
  const queue = [...step.after];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    queue.push(...(steps.find((one) => one.id === id)?.after ?? []));
  }
  return found;
}

function fault(steps: Steps, step: Steps[number], detail: string): PlanFault {
  return { pointer: `/branches/${steps.indexOf(step)}/kind`, code: 'STEP_ORDER', detail };
}
