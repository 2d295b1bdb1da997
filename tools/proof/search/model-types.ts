/** What a scenario chooses, and what the checks see of a state. */
import type { BeginInput, StepKind } from '#protocol';
import { IDS } from './ids.js';
import type { Coordinator } from './coordinator.js';
import type { DriverDefect } from './defects.js';
import type { ImageFacts } from './ledger-rules.js';
import type { Facts, Machine, MachineOptions } from './participant.js';
import type { ReplyMessage } from '#wire';

export interface ModelOptions {
  readonly plan: {
    readonly mode: '2pc' | 'saga';
    readonly fallback: 'none' | 'saga';
    /** Kinds of the steps, in the order of the saga. */
    readonly kinds: readonly StepKind[];
  };
  /** By participant. */
  readonly machines: readonly Omit<MachineOptions, 'kind' | 'sagaAttempt' | 'defect'>[];
  readonly drivers: 1 | 2;
  /** The first state has no row in the ledger: a BEGIN may come, or an inquiry first. `ghosts`: with PREPAREs under way. */
  readonly unknown: boolean;
  readonly ghosts: boolean;
  /** Acknowledgements may be written before the end. */
  readonly flush: boolean;
  /** A driver goes on with an old image after another wrote; without, it reads the new one at once. */
  readonly zombies: boolean;
  /** Replies that no driver can use any more are forgotten (`relevance.ts`): far fewer states, the same behaviour. */
  readonly forgets: boolean;
  readonly operator: boolean;
  readonly defect: { readonly driver: DriverDefect | null; readonly participant: MachineOptions['defect'] };
}

export interface View {
  readonly ledger: number;
  readonly image: ImageFacts;
  readonly participants: readonly Facts[];
  /** By participant: bits of messages. */
  readonly messages: readonly number[];
  readonly losses: number;
}

/** The tables of a model, as those need them who walk through it themselves. */
export interface Tables {
  readonly coordinator: Coordinator;
  readonly machines: readonly Machine[];
  /** The event that a reply of participant `p` is; null for none. */
  replyEvent(p: number, reply: ReplyMessage | null): number | null;
  /** Events: the deadlines of both attempts. */
  readonly deadlines: readonly number[];
}

/** The plan as BEGIN would bring it. */
export function beginInput({
  plan: { mode, fallback, kinds },
}: ModelOptions): Omit<BeginInput, 'gtx' | 'timeoutMs' | 'ledgerEpoch'> {
  const branches = kinds.map((kind, index) => {
    const id = IDS[index]!;
    return { id, participant: `p-${id}`, operation: 'op', payload: {}, kind };
  });
  return { mode, fallback, branches };
}
