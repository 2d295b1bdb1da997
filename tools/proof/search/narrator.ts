/** Steps and states of the model in words, for counterexamples. */
import type { Coordinator } from './coordinator.js';
import type { Messages } from './messages.js';
import type { View } from './model-types.js';
import { IDS } from './ids.js';
import { ASKS } from './participant.js';
import type { Machine } from './participant.js';

/** What a step was, packed for `label`: kind, who, what. */
export const Kind = { Begin: 0, Load: 1, Crash: 2, Event: 3, Deliver: 4, Inquire: 5, Lose: 6 } as const;
export const pack = (kind: number, who: number, what = 0) => kind + who * 8 + what * 64;

export class Narrator {
  constructor(
    private readonly coordinator: Coordinator,
    private readonly machines: readonly Machine[],
    private readonly messages: Messages,
  ) {}

  label(cells: readonly number[], step: number): string {
    const [kind, who, what] = [step % 8, (step >> 3) % 8, step >> 6];
    const id = IDS[who]!;
    switch (kind) {
      case Kind.Begin:
        return 'BEGIN is durable';
      case Kind.Load:
        return `driver ${who + 1} reads the ledger (${this.coordinator.facts[cells[0]!]!.state})`;
      case Kind.Crash:
        return `driver ${who + 1} crashes`;
      case Kind.Event:
        return `driver ${who + 1}: ${this.coordinator.events[what]!.text}${this.outcomeOf(cells, who, what)}`;
      case Kind.Deliver:
        return `${id} takes ${ASKS[what >> 6]!}: ${this.answerOf(cells, who, what >> 6, what & 63)}`;
      case Kind.Inquire:
        return `${id} is in doubt and asks`;
      default:
        return `${id} loses what it prepared`;
    }
  }

  private outcomeOf(cells: readonly number[], driver: number, event: number): string {
    const held = cells[1 + driver]! || this.coordinator.load(cells[0]!);
    const move = this.coordinator.move(held, event);
    if (move.kind !== 'durable') return '';
    const stale = this.coordinator.imageOf[held] !== cells[0];
    return `${stale ? ' (its image is old)' : ''} → ${this.coordinator.facts[move.next]!.state}`;
  }

  private answerOf(cells: readonly number[], p: number, ask: number, way: number): string {
    const step = this.machines[p]!.steps[cells[3 + p]!]![ask]![way]!;
    return step.reply ? this.messages.replies[this.messages.indexOf(step.reply)]!.text : 'no answer';
  }

  describe({ image, participants }: View): string {
    const cells = image.cells.map((cell) => cell ?? '-').join('/');
    const branches = participants.map(({ text }, p) => `${IDS[p]}: ${text}`).join(' · ');
    return `ledger ${image.state} cells ${cells} · ${branches}`;
  }
}
