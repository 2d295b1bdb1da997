/** Breadth-first search over a transition system whose states are strings; shortest counterexamples, exact counts. */

/** `fault`: null, or the invariant that the step itself breaks. */
export type Emit = (to: string, step: number, fault: string | null) => void;

export interface System {
  readonly initial: string;
  /** Emits every step out of a state; `step` is enough for `label` to tell which it was. */
  successors(state: string, emit: Emit): void | Promise<void>;
  /** Null, or the invariant that a state breaks. */
  fault(state: string): string | null;
  label(state: string, step: number): string;
  describe(state: string): string;
}

export interface Counterexample {
  readonly fault: string;
  readonly trace: readonly string[];
  readonly end: string;
}

export interface Explored {
  readonly states: number;
  /** Steps that lead to another state. */
  readonly transitions: number;
  readonly depth: number;
  readonly counterexample: Counterexample | null;
}

export interface Limits {
  readonly maxStates: number;
  /** Called now and then. */
  readonly progress?: (states: number, depth: number) => void;
}

const EVERY = 65_536;

/** The states in the order in which they were found, and from where. */
export class Explorer {
  readonly order: string[];
  private readonly ids: Map<string, number>;
  private readonly parents: number[] = [-1];
  private transitions = 0;
  private broken: { from: number; label: string; fault: string; end: string } | null = null;
  constructor(
    private readonly system: System,
    private readonly limits: Limits,
  ) {
    this.order = [system.initial];
    this.ids = new Map([[system.initial, 0]]);
  }

  /** Stops at the first counterexample. Throws when there are more states than allowed: a bound that was met is no proof. */
  async run(): Promise<Explored> {
    const fault = this.system.fault(this.system.initial);
    if (fault)
      this.broken = {
        from: -1,
        label: 'at the beginning',
        fault,
        end: this.system.describe(this.system.initial),
      };
    let depth = 0;
    for (let at = 0, levelEnd = 1; at < this.order.length && !this.broken; at += 1) {
      if (at === levelEnd) {
        depth += 1;
        levelEnd = this.order.length;
      }
      if (at % EVERY === 0) this.limits.progress?.(this.order.length, depth);
      const waiting = this.system.successors(this.order[at]!, (to, step, broken) =>
        this.take(at, to, step, broken),
      );
      if (waiting) await waiting;
    }
    const counterexample = await this.counterexample();
    return { states: this.order.length, transitions: this.transitions, depth, counterexample };
  }

  private take(from: number, to: string, step: number, broken: string | null): void {
    if (this.broken) return;
    const before = this.order[from]!;
    if (to === before && !broken) return;
    this.transitions += 1;
    const known = this.ids.get(to);
    const id = known ?? this.order.length;
    if (known === undefined) {
      this.ids.set(to, id);
      this.order.push(to);
      this.parents.push(from);
      if (id >= this.limits.maxStates) throw new Error(`more than ${this.limits.maxStates} states`);
    }
    const fault = broken ?? (known === undefined ? this.system.fault(to) : null);
    if (!fault) return;
    this.broken = { from, label: this.system.label(before, step), fault, end: this.system.describe(to) };
  }

  private async counterexample(): Promise<Counterexample | null> {
    if (!this.broken) return null;
    const { from, label, fault, end } = this.broken;
    return { fault, trace: [...(from < 0 ? [] : await this.path(from)), label], end };
  }

  private async path(id: number): Promise<readonly string[]> {
    const steps: string[] = [];
    for (let at = id; at > 0; at = this.parents[at]!) {
      const [before, after] = [this.order[this.parents[at]!]!, this.order[at]!];
      const labels: string[] = [];
      await this.system.successors(before, (to, step) => {
        if (to === after) labels.push(this.system.label(before, step));
      });
      steps.push(labels[0] ?? '?');
    }
    return steps.reverse();
  }
}
