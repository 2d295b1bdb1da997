import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { Command } from './effects.js';
import type { ProtocolEvent, ResultEvent } from './events.js';
import { driveOf } from './image.js';
import { outstanding } from './outstanding.js';
import { step } from './step.js';
import { drive as driveFor } from './testing/drives.js';
import type { Drive } from './transaction.js';
import { TERMINAL } from './transitions.js';
import type { StepKind } from './vocabulary.js';

/**
 * Saga order (G6) against a model of what the participants did: results come late, twice or never, steps fail or ask to be
 * repeated, deadlines and operators interfere, drivers die. A failure prints seed and path.
 */

interface Planned {
  readonly id: string;
  readonly kind: StepKind;
  readonly after: readonly string[];
}
type Effect = 'none' | 'done' | 'failed' | 'undone' | 'planted';

/** The world outside the coordinator. */
interface Model {
  readonly plan: readonly Planned[];
  readonly effects: Map<string, Effect>;
  /** Every command ever sent may arrive again. */
  readonly sent: Command[];
  readonly replies: ResultEvent[];
}
interface Real {
  drive: Drive;
  readonly step: typeof step;
}

type Result = 'DONE' | 'FAILED' | 'RETRY';

abstract class Verb implements fc.Command<Model, Real> {
  check(_model: Readonly<Model>): boolean {
    return true;
  }

  abstract run(model: Model, real: Real): void;

  toString(): string {
    return `${this.constructor.name}${JSON.stringify(this)}`;
  }
}

function apply(model: Model, real: Real, event: ProtocolEvent): void {
  const transition = real.step(real.drive, event);
  if (transition.kind !== 'durable' && transition.kind !== 'volatile') return;
  real.drive = transition.drive;
  model.sent.push(...transition.sends);
  if (TERMINAL.includes(real.drive.tx.state)) checkEnd(model, real.drive);
}

/** All steps done, or every executed one undone. */
function checkEnd(model: Model, { tx }: Drive): void {
  const effects = [...model.effects.values()];
  if (tx.state === 'SAGA_COMPLETED') expect(new Set(effects)).toEqual(new Set(['done']));
  else expect(effects.filter((effect) => effect === 'done')).toEqual([]);
}

/** A command reaches its participant: the newest first when nothing is old. */
class Arrive extends Verb {
  constructor(
    readonly which: number,
    readonly result: Result,
  ) {
    super();
  }

  override check({ sent }: Model): boolean {
    return sent.length > 0;
  }

  run(model: Model): void {
    obey(model, model.sent[this.which % model.sent.length]!, this.result);
  }
}

function obey(model: Model, command: Command, result: Result): void {
  const planned = model.plan.find(({ id }) => id === command.branch)!;
  if (command.type === 'ACTION') act(model, command, planned, result);
  else if (command.type === 'COMPENSATE') undo(model, command, planned, result === 'RETRY');
}

function act(model: Model, command: Command, planned: Planned, result: Result): void {
  const effect = model.effects.get(planned.id)!;
  if (effect === 'planted') return reply(model, command, 'ACTION', 'FAILED', 'NULL_COMPENSATED');
  if (effect === 'failed') return reply(model, command, 'ACTION', 'FAILED', 'FAILED');
  if (effect !== 'none')
    return reply(model, command, 'ACTION', 'DONE', effect === 'done' ? 'DONE' : 'COMPENSATED');
  // A participant keeps no refusal of a step that must succeed in the end.
  if (result === 'RETRY' || (result === 'FAILED' && planned.kind === 'retriable'))
    return reply(model, command, 'ACTION', 'RETRY', null);
  // Order: everything before it had its effect.
  expect(planned.after.filter((id) => !['done', 'undone'].includes(model.effects.get(id)!))).toEqual([]);
  model.effects.set(planned.id, result === 'DONE' ? 'done' : 'failed');
  reply(model, command, 'ACTION', result, result);
}

function undo(model: Model, command: Command, planned: Planned, retry: boolean): void {
  const settle = command.type === 'COMPENSATE' && command.settle;
  const effect = model.effects.get(planned.id)!;
  if (effect === 'none') {
    model.effects.set(planned.id, 'planted');
    return reply(model, command, 'COMPENSATE', 'DONE', 'NULL_COMPENSATED');
  }
  if (effect !== 'done' || settle) return reply(model, command, 'COMPENSATE', 'DONE', STORED[effect]);
  if (retry) return reply(model, command, 'COMPENSATE', 'RETRY', null);
  // Reverse order, only before the pivot, never the pivot itself.
  const onTop = model.plan.filter(({ after }) => after.includes(planned.id));
  expect(onTop.filter(({ id }) => model.effects.get(id) === 'done')).toEqual([]);
  const pivot = model.plan.find(({ kind }) => kind === 'pivot');
  expect(pivot && model.effects.get(pivot.id)).not.toBe('done');
  model.effects.set(planned.id, 'undone');
  reply(model, command, 'COMPENSATE', 'DONE', 'COMPENSATED');
}

const STORED: Readonly<Record<Exclude<Effect, 'none'>, ResultEvent['state']>> = {
  done: 'DONE',
  failed: 'FAILED',
  undone: 'COMPENSATED',
  planted: 'NULL_COMPENSATED',
};

function reply(
  model: Model,
  { attempt, branch, participant }: Command,
  phase: ResultEvent['phase'],
  result: Result,
  state: ResultEvent['state'],
): void {
  const fault = result === 'DONE' ? null : { code: 'NO', message: '' };
  model.replies.push({
    type: 'result',
    attempt,
    branch,
    participant,
    phase,
    result,
    state,
    fault,
    output: null,
  });
}

/** A reply reaches the coordinator; some come again. */
class Hear extends Verb {
  constructor(
    readonly which: number,
    readonly again: boolean,
  ) {
    super();
  }

  override check({ replies }: Model): boolean {
    return replies.length > 0;
  }

  run(model: Model, real: Real): void {
    const at = this.which % model.replies.length;
    const [heard] = this.again ? [model.replies[at]!] : model.replies.splice(at, 1);
    apply(model, real, heard!);
  }
}

class Interfere extends Verb {
  constructor(readonly how: 'deadline' | 'force-abort' | 'flush') {
    super();
  }

  run(model: Model, real: Real): void {
    const events = {
      deadline: { type: 'deadline', attempt: 1 },
      'force-abort': { type: 'force-abort', by: 'ann', reason: 'x' },
      flush: { type: 'flush' },
    } as const;
    apply(model, real, events[this.how]);
  }
}

/** What the driver held in memory is gone; the next one sends what is outstanding. */
class TakeOver extends Verb {
  run(model: Model, real: Real): void {
    real.drive = driveOf(real.drive.tx);
    model.sent.push(...outstanding(real.drive));
  }
}

/** Whatever happened: a network that works brings it to an end. */
class Heal extends Verb {
  run(model: Model, real: Real): void {
    for (let round = 0; !TERMINAL.includes(real.drive.tx.state); round += 1) {
      expect(round).toBeLessThan(50);
      for (const command of outstanding(real.drive)) obey(model, command, 'DONE');
      for (const heard of model.replies.splice(0)) apply(model, real, heard);
    }
  }
}

const plan: fc.Arbitrary<readonly Planned[]> = fc
  .record({
    before: fc.integer({ min: 0, max: 3 }),
    pivot: fc.boolean(),
    after: fc.integer({ min: 0, max: 2 }),
    wide: fc.boolean(),
  })
  .filter(({ before, pivot, after }) => before + after + Number(pivot) > 0)
  .map(({ before, pivot, after, wide }) => {
    const kinds: StepKind[] = [
      ...Array.from({ length: before }, () => 'compensatable' as const),
      ...(pivot ? (['pivot'] as const) : []),
      ...Array.from({ length: after }, () => 'retriable' as const),
    ];
    const ids = kinds.map((_, index) => `s${index}`);
    // Wide: compensatable steps side by side, everything behind them waits for all of them.
    const previous = (index: number): string[] => (index === 0 ? [] : [ids[index - 1]!]);
    return kinds.map((kind, index) => {
      if (!wide) return { id: ids[index]!, kind, after: previous(index) };
      if (index < before) return { id: ids[index]!, kind, after: [] };
      return { id: ids[index]!, kind, after: index === before ? ids.slice(0, before) : previous(index) };
    });
  });

const any = fc.nat({ max: 30 });
const result = fc.constantFrom<Result>('DONE', 'DONE', 'DONE', 'FAILED', 'RETRY');
const commands = fc.commands<Model, Real>(
  [
    fc.tuple(any, result).map((all) => new Arrive(...all)),
    fc.tuple(any, fc.boolean()).map((all) => new Hear(...all)),
    fc.tuple(any, fc.constant(false)).map((all) => new Hear(...all)),
    fc.constantFrom('deadline', 'force-abort', 'flush').map((how) => new Interfere(how)),
    fc.constant(new TakeOver()),
    fc.constant(new Heal()),
  ],
  { maxCommands: 60, size: 'max' },
);

const property = (played: typeof step) =>
  fc.property(plan, commands, (branches, run) =>
    fc.modelRun(() => {
      const start = driveFor({ mode: 'saga', branches });
      const effects = new Map(branches.map(({ id }) => [id, 'none' as const]));
      const model: Model = { plan: branches, effects, sent: [...outstanding(start)], replies: [] };
      return { model, real: { drive: start, step: played } };
    }, run),
  );

describe('a saga', () => {
  it('runs in order, undoes what was executed once and in reverse, and comes to an end', () => {
    fc.assert(property(step), { numRuns: 150 });
  });

  it('is seen through when it takes the word of nobody for a failure', () => {
    const deaf: typeof step = (drive, event) =>
      step(
        drive,
        event.type === 'result' && event.result === 'FAILED'
          ? { ...event, result: 'DONE', state: 'DONE' }
          : event,
      );
    expect(fc.check(property(deaf), { numRuns: 1_000, endOnFailure: true }).failed).toBe(true);
  });

  it('is seen through when a repeated compensation is taken for another step', () => {
    const hasty: typeof step = (drive, event) => {
      const { branches } = drive.tx;
      if (event.type !== 'result' || event.state !== 'COMPENSATED') return step(drive, event);
      const before = branches[branches.findIndex(({ id }) => id === event.branch) - 1] ?? branches[0]!;
      return step(drive, { ...event, branch: before.id, participant: before.participant });
    };
    expect(fc.check(property(hasty), { numRuns: 1_000, endOnFailure: true }).failed).toBe(true);
  });
});
