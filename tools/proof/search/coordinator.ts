/**
 * The real `step`, `outstanding` and `inquiryAnswer` as tables: images of the ledger and drives in memory are numbers, and what
 * an event leads to is asked of the real functions once and remembered. They are pure, so remembering changes nothing.
 *
 * Left out of images, because no rule reads it: times, reasons, faults and outputs of results, votes after the decision. The
 * count of retries stops at the number that calls a step stuck.
 */
import { begin, currentAttempt, driveOf, InvariantError, outstanding, step, tombstone } from '#protocol';
import type {
  BeginInput,
  BranchResult,
  Command,
  Drive,
  ProtocolEvent,
  Transaction,
  Transition,
} from '#protocol';
import { defective, sendsOf } from './driver-defects.js';
import type { DriverDefect } from './defects.js';
import { Messages } from './messages.js';
import { GTX } from './threads.js';
import { imageFacts, writeFault } from './ledger-rules.js';
import type { ImageFacts } from './ledger-rules.js';

export type StepKind = 'none' | 'refused' | 'volatile' | 'durable' | 'broken';

/** What one event leads to. `next`: the image that a durable change would write. `sends`: by participant, bits of commands. */
export interface Move {
  readonly kind: StepKind;
  readonly drive: number;
  readonly next: number;
  readonly ended: boolean;
  readonly sends: readonly number[];
  readonly fault: string | null;
}

const STUCK_AFTER = 5;

/** Number 0 stands for "no row in the ledger" and "nothing in memory". */
export class Coordinator {
  readonly images: (Transaction | null)[] = [null];
  readonly facts: ImageFacts[] = [imageFacts(null)];
  readonly drives: (Drive | null)[] = [null];
  /** By drive: the image it stands on. */
  readonly imageOf: number[] = [0];
  readonly events: { readonly event: ProtocolEvent; readonly text: string }[] = [];
  private readonly imageIds = new Map<string, number>();
  private readonly driveIds = new Map<string, number>();
  private readonly eventIds = new Map<string, number>();
  private readonly moves: (Move | undefined)[][] = [];
  private readonly loads: number[] = [];
  private readonly launches: (readonly number[])[] = [];
  private readonly reloads = new Map<number, number>();
  readonly begun: number;
  readonly buried: number;

  constructor(
    plan: Omit<BeginInput, 'gtx' | 'timeoutMs' | 'ledgerEpoch'>,
    private readonly defect: DriverDefect | null,
  ) {
    this.begun = this.image(begin({ ...plan, gtx: GTX, timeoutMs: 1000, ledgerEpoch: 0 }));
    this.buried = this.image(tombstone(GTX, 'INQUIRY', 0));
  }

  get branches(): Transaction['branches'] {
    return this.images[this.begun]!.branches;
  }

  /** Numbers an event; `participant` −1 for timers and operators. */
  event(
    participant: number,
    event: Partial<ProtocolEvent> & Pick<ProtocolEvent, 'type'>,
    text: string,
  ): number {
    const name = `${participant} ${text}`;
    const known = this.eventIds.get(name);
    if (known !== undefined) return known;
    const branch = this.branches[participant];
    const from = branch ? { branch: branch.id, participant: branch.participant } : {};
    this.events.push({ event: { ...event, ...from } as ProtocolEvent, text });
    this.eventIds.set(name, this.events.length - 1);
    return this.events.length - 1;
  }

  /** A driver without memory reads the ledger: a start, a takeover, a watchdog. */
  load(image: number): number {
    return (this.loads[image] ??= this.drive(driveOf(this.images[image]!)));
  }

  /** What a driver sends when it takes a transaction over. */
  launch(drive: number): readonly number[] {
    return (this.launches[drive] ??= this.bits(
      sendsOf(this.defect, this.drives[drive]!, outstanding(this.drives[drive]!)),
    ));
  }

  /** After a write that came too late: the ledger's image, with the votes of the same undecided attempt (drive/table.ts). */
  reload(drive: number, image: number): number {
    const name = drive * 65536 + image;
    const known = this.reloads.get(name);
    if (known !== undefined) return known;
    const old = this.drives[drive]!;
    const fresh = driveOf(this.images[image]!);
    const [was, is] = [old.tx.attempts.at(-1), fresh.tx.attempts.at(-1)];
    const same = old.tx.attempt === fresh.tx.attempt && was?.decision === is?.decision;
    const kept = this.drive(same ? { ...fresh, votes: old.votes, retries: old.retries } : fresh);
    this.reloads.set(name, kept);
    return kept;
  }

  move(drive: number, event: number): Move {
    const row = (this.moves[drive] ??= []);
    return (row[event] ??= this.ask(drive, event));
  }

  private ask(drive: number, event: number): Move {
    const before = this.drives[drive]!;
    const told = this.events[event]!.event;
    const still: Move = { kind: 'none', drive, next: 0, ended: false, sends: this.bits([]), fault: null };
    const transition = guarded(() => defective(this.defect, step)(before, told));
    if ('broken' in transition) return { ...still, kind: 'broken', fault: transition.broken };
    if (transition.kind === 'none' || transition.kind === 'refused')
      return { ...still, kind: transition.kind };
    const after = this.drive(transition.drive);
    const sends = this.bits(sendsOf(this.defect, transition.drive, transition.sends));
    if (transition.kind === 'volatile') return { ...still, kind: 'volatile', drive: after, sends };
    const { change } = transition;
    const next = this.image(change.next);
    return {
      kind: 'durable',
      drive: after,
      next,
      ended: change.ended,
      sends,
      fault: writeFault(before, told, change),
    };
  }

  private bits(commands: readonly Command[]): readonly number[] {
    return this.branches.map(({ id }) =>
      commands.filter((one) => one.branch === id).reduce((bits, one) => bits | Messages.bitOfCommand(one), 0),
    );
  }

  private image(tx: Transaction): number {
    const plain = plainTransaction(tx);
    const { branches, ...rest } = plain;
    const name = JSON.stringify([rest, branches.length]);
    const known = this.imageIds.get(name);
    if (known !== undefined) return known;
    const id = this.images.length;
    if (id > 65535) throw new Error('more images than numbers');
    this.imageIds.set(name, id);
    this.images.push(plain);
    this.facts.push(imageFacts(plain));
    return id;
  }

  private drive(drive: Drive): number {
    const image = this.image(drive.tx);
    const plain = plainDrive(drive, this.images[image]!);
    const { tx: _tx, ...memory } = plain;
    const name = JSON.stringify([image, memory]);
    const known = this.driveIds.get(name);
    if (known !== undefined) return known;
    const id = this.drives.length;
    if (id > 65535) throw new Error('more drives than numbers');
    this.driveIds.set(name, id);
    this.drives.push(plain);
    this.imageOf.push(image);
    return id;
  }
}

function guarded(run: () => Transition): Transition | { readonly broken: string } {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof InvariantError)) throw error;
    return { broken: `step: ${error.message}` };
  }
}

function plainTransaction(tx: Transaction): Transaction {
  const results = tx.results.map(plainResult).sort(byKey);
  const attempts = tx.attempts.map((one) => ({ ...one, reason: null, decidedAt: null, decidedBy: null }));
  const demand = tx.demand && { reason: 'DEMAND', by: 'step' as const };
  return { ...tx, results, attempts, demand };
}

function plainResult(result: BranchResult): BranchResult {
  return { attempt: result.attempt, branch: result.branch, state: result.state, output: null, error: null };
}

function byKey(a: BranchResult, b: BranchResult): number {
  return a.attempt - b.attempt || (a.branch < b.branch ? -1 : 1);
}

function plainDrive(drive: Drive, tx: Transaction): Drive {
  const decided = currentAttempt(tx).decision !== null;
  const votes = decided ? [] : sorted(drive.votes).map(([id, held]) => [id, { ...held, fault: null }]);
  const unwritten = sorted(drive.unwritten).map(([key, result]) => [key, plainResult(result)]);
  const retries = sorted(drive.retries).map(([key, times]) => [key, Math.min(times, STUCK_AFTER)]);
  return {
    tx,
    votes: Object.fromEntries(votes),
    unwritten: Object.fromEntries(unwritten),
    retries: Object.fromEntries(retries),
  };
}

function sorted<T>(record: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
