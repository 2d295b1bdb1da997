/**
 * Forgets replies that no driver can use any more: at the ledger's image they change neither ledger nor memory and send nothing
 * new. That is only right when such a reply stays useless; `unsound` looks for one that was forgotten and would have woken up.
 */
import type { Coordinator } from './coordinator.js';
import { ASKS } from './participant.js';

interface Kept {
  /** Bits that are always kept. */
  readonly mask: number;
  /** Replies that only repeat a command: useless once it was sent. */
  readonly repeats: readonly { readonly bit: number; readonly sends: number }[];
}

export class Relevance {
  private readonly kept: (Kept | undefined)[][] = [];
  /** By image, by participant: bits of replies that were forgotten there. */
  private readonly forgotten: number[][] = [];
  private readonly moves = new Set<number>();

  constructor(
    private readonly coordinator: Coordinator,
    private readonly replyEvents: readonly (readonly number[])[],
  ) {}

  /** The bits of `participant` that may still matter while the ledger shows `image`. */
  keep(image: number, participant: number, bits: number): number {
    const { mask, repeats } = ((this.kept[image] ??= [])[participant] ??= this.keptAt(image, participant));
    let left = bits & mask;
    for (const { bit, sends } of repeats) if (bits & bit && (bits & sends) !== sends) left |= bit;
    return left;
  }

  /** Replies that were dropped while the ledger showed `image`. */
  forget(image: number, participant: number, bits: number): void {
    const row = (this.forgotten[image] ??= []);
    row[participant] = (row[participant] ?? 0) | bits;
  }

  moved(from: number, to: number): void {
    this.moves.add(from * 65536 + to);
  }

  private keptAt(image: number, participant: number): Kept {
    const held = this.coordinator.load(image);
    const repeats: { bit: number; sends: number }[] = [];
    let mask = (1 << ASKS.length) - 1;
    this.replyEvents[participant]!.forEach((event, reply) => {
      const bit = 1 << (ASKS.length + reply);
      const move = this.coordinator.move(held, event);
      if (move.kind === 'none') return;
      const repeatsOnly = move.kind === 'volatile' && move.drive === held;
      if (repeatsOnly) repeats.push({ bit, sends: move.sends[participant]! });
      // Refused: the search must see it, it is a fault.
      else mask |= bit;
    });
    return { mask, repeats };
  }

  /** Null, or how a forgotten reply would have mattered after the ledger moved on. */
  unsound(): string | null {
    this.passOn();
    for (const move of this.moves) {
      const [from, to] = [Math.floor(move / 65536), move % 65536];
      for (const [participant, bits] of (this.forgotten[from] ?? []).entries()) {
        const { mask, repeats } = this.keptAt(to, participant);
        const wakes = bits & mask;
        const sends = repeats.some(
          ({ bit, sends: sent }) => bits & bit && sent & ~this.alwaysSent(from, participant),
        );
        if (wakes || sends) return `replies ${wakes} of ${participant} wake up from image ${from} to ${to}`;
      }
    }
    return null;
  }

  /** What was forgotten at an image stays forgotten at those after it. */
  private passOn(): void {
    for (let more = true; more;) {
      more = false;
      for (const move of this.moves) {
        const [from, to] = [Math.floor(move / 65536), move % 65536];
        for (const [participant, bits] of (this.forgotten[from] ?? []).entries()) {
          const before = (this.forgotten[to] ??= [])[participant] ?? 0;
          this.forgotten[to]![participant] = before | bits;
          more ||= (before | bits) !== before;
        }
      }
    }
  }

  /** A forgotten repetition was of a command already sent; a decision never changes, so it stays so. */
  private alwaysSent(image: number, participant: number): number {
    return this.keptAt(image, participant).repeats.reduce((bits, { sends }) => bits | sends, 0);
  }
}
