import { begin } from '../begin.js';
import type { BeginInput } from '../begin.js';
import type { Command, Transition } from '../effects.js';
import type { AckEvent, ProtocolEvent, ResultEvent, VoteEvent } from '../events.js';
import { driveOf } from '../image.js';
import { step } from '../step.js';
import type { Drive, Json } from '../transaction.js';
import type { NoCode, StepKind } from '../vocabulary.js';

/** Builders for specs: drives, events, and a way to read what a step asks for. */
export const GTX = '01920000-0000-7000-8000-000000000001';

interface Shape {
  readonly mode?: '2pc' | 'saga';
  readonly fallback?: 'none' | 'saga';
  readonly branches?: readonly {
    readonly id: string;
    readonly kind?: StepKind;
    readonly after?: readonly string[];
  }[];
}

export function drive(shape: Shape = {}): Drive {
  const input: BeginInput = {
    gtx: GTX,
    mode: shape.mode ?? '2pc',
    fallback: shape.fallback ?? 'none',
    timeoutMs: 5000,
    ledgerEpoch: 0,
    branches: (shape.branches ?? [{ id: 'a' }, { id: 'b' }]).map((branch) => ({
      id: branch.id,
      participant: `p-${branch.id}`,
      operation: 'op',
      payload: {},
      kind: branch.kind ?? 'compensatable',
      after: branch.after,
    })),
  };
  return driveOf(begin(input));
}

const from = (branch: string, attempt: number) => ({ branch, attempt, participant: `p-${branch}` });

export function yes(branch: string, attempt = 1): VoteEvent {
  return { type: 'vote', ...from(branch, attempt), vote: 'YES', code: null, fault: null, output: null };
}
export function readOnly(branch: string): VoteEvent {
  return { ...yes(branch), vote: 'READ_ONLY' };
}
export function no(branch: string, code: NoCode = 'REFUSED', reason = 'OUT_OF_STOCK'): VoteEvent {
  const fault = { code: code === 'REFUSED' ? reason : code, message: 'no' };
  return { ...yes(branch), vote: 'NO', code, fault };
}
export function ack(branch: string, state: AckEvent['state'], attempt = 1): AckEvent {
  return { type: 'ack', ...from(branch, attempt), state, output: null };
}
export function done(branch: string, attempt = 1, output: Json = null): ResultEvent {
  return {
    type: 'result',
    ...from(branch, attempt),
    phase: 'ACTION',
    result: 'DONE',
    state: 'DONE',
    fault: null,
    output,
  };
}
export function failed(branch: string, attempt = 1): ResultEvent {
  return {
    ...done(branch, attempt),
    result: 'FAILED',
    state: 'FAILED',
    fault: { code: 'OUT_OF_STOCK', message: 'no' },
  };
}
export function retry(branch: string, attempt = 1): ResultEvent {
  return {
    ...done(branch, attempt),
    result: 'RETRY',
    state: null,
    fault: { code: 'ERROR', message: 'later' },
  };
}
export function undone(
  branch: string,
  attempt = 1,
  state: ResultEvent['state'] = 'COMPENSATED',
): ResultEvent {
  return { ...done(branch, attempt), phase: 'COMPENSATE', state };
}

/** Applies events one after another as if every write succeeded; returns the drive and the last transition. */
export function play(start: Drive, ...events: readonly ProtocolEvent[]): { drive: Drive; last: Transition } {
  let current = start;
  let last: Transition = { kind: 'none', reason: 'nothing played' };
  for (const event of events) {
    last = step(current, event);
    if (last.kind === 'durable' || last.kind === 'volatile') current = last.drive;
  }
  return { drive: current, last };
}

/** `PREPARE a`, `COMMIT b` … as a transition sends them. */
export function sendsOf(transition: Transition): readonly string[] {
  return transition.kind === 'durable' || transition.kind === 'volatile'
    ? transition.sends.map(commandText)
    : [];
}

export function commandText(command: Command): string {
  const settle = command.type === 'COMPENSATE' && command.settle ? ' settle' : '';
  return `${command.type}(${command.attempt}) ${command.branch}${settle}`;
}
