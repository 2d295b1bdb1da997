import type { Customers, JournalEntry } from './customers.js';
import { EPOCH_MS } from './scheduler.js';
import type { Site } from './site.js';

/** G4: a transaction ends so long after the last fault, or after it was accepted where that was later. */
export const END_LIMIT_MS = 15_000;
/**
 * What there is to hear, every customer hears so long after the last fault, and after the partitions of the last dead process have a
 * reader again: that its request was accepted or refused, and (through the outbox) the outcome of a transaction that has ended. An
 * outbox asks every 10 s + 20 %, looks every 0.5 s, and the answer has a way to go.
 */
export const HEAR_LIMIT_MS = 13_000;

interface Wait {
  readonly who: string;
  readonly ms: number;
}

/** How an installation comes to rest after its last fault: who still waits, and how long everybody had to. */
export class Rest {
  constructor(
    private readonly site: Site,
    private readonly customers: Customers,
    /** Prepared work of these was ended by hand: they wait for an operator. */
    private readonly damaged: ReadonlySet<string>,
    private readonly healedAtMs: number,
  ) {}

  get isWaiting(): boolean {
    const { live } = this.site.ledgerStore;
    for (const gtx of live) if (!this.isExcused(gtx)) return true;
    for (const entry of this.customers.journal.values())
      if (!hasHeard(entry) && !this.isExcused(entry.gtx)) return true;
    return false;
  }

  /** Of every transaction that had not ended before. */
  get ends(): readonly Wait[] {
    return [...this.site.ledgerStore.rows.values()]
      .filter(({ tx }) => !this.isExcused(tx.gtx))
      .map(({ tx, createdMs, endedMs }) => ({
        who: `${tx.gtx} ${tx.state}`,
        ms: this.between(
          Math.max(this.peaceMs, createdMs - EPOCH_MS),
          endedMs === null ? null : endedMs - EPOCH_MS,
        ),
      }));
  }

  /** Of every customer who had not heard before: for an answer to the request, then for the outcome. */
  get answers(): readonly Wait[] {
    return [...this.customers.journal.values()].flatMap((entry) => {
      const answered = {
        who: `${entry.gtx} (${entry.via})`,
        ms: this.between(entry.via === 'http' ? this.peaceMs : this.readMs, entry.answeredAtMs),
      };
      if (entry.via === 'http' || entry.rejected || this.isExcused(entry.gtx)) return [answered];
      const endedMs = this.site.ledgerStore.rows.get(entry.gtx)?.endedMs ?? EPOCH_MS;
      const fromMs = Math.max(this.readMs, endedMs - EPOCH_MS);
      const told = { who: `${entry.gtx} (outcome)`, ms: this.between(fromMs, entry.toldAtMs) };
      return [answered, told];
    });
  }

  private between(fromMs: number, untilMs: number | null): number {
    return Math.max(0, (untilMs ?? this.site.scheduler.nowMs) - fromMs);
  }

  /** What was held up before is a fault until it arrives: a late ACCEPTED puts the next question off. */
  private get peaceMs(): number {
    return Math.max(this.healedAtMs, this.site.network.heldUpUntilMs);
  }

  /** Peace, and no topic is without a reader: an ACCEPTED that waits for one puts the next question off, too. */
  private get readMs(): number {
    return Math.max(this.peaceMs, this.site.network.unreadUntilMs);
  }

  private isExcused(gtx: string): boolean {
    return this.damaged.has(gtx) && this.site.ledgerStore.rows.get(gtx)?.tx.state === 'QUARANTINED';
  }
}

const hasHeard = ({ via, accepted, rejected, told }: JournalEntry): boolean =>
  rejected !== null || (via === 'http' ? accepted : told !== null);

export const longest = (waits: readonly Wait[]): number =>
  waits.reduce((most, { ms }) => Math.max(most, ms), 0);

/** Those who waited too long, the longest first. */
export function tooLong(rule: string, waits: readonly Wait[], limitMs: number): readonly string[] {
  return waits
    .filter(({ ms }) => ms > limitMs)
    .sort((a, b) => b.ms - a.ms)
    .slice(0, 5)
    .map(({ who, ms }) => `${rule}: ${who} after ${Math.round(ms)} ms`);
}
