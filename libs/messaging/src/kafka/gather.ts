import type { BatchSource } from '../delivery-loop.js';
import type { IncomingRecord } from '../port.js';

/** What one `eachBatch` call brought, on its way through the handler. */
interface Parcel {
  readonly records: readonly IncomingRecord[];
  /** How many of them have been handed to the handler, and how many are not recorded. */
  taken: number;
  open: number;
  settle(allRecorded: boolean): void;
  fail(error: unknown): void;
}

/** The part of a fetched batch that found room. */
export interface Accepted {
  readonly count: number;
  /** true: all of it is recorded. false: given back unread. Rejects with the error of `clear`. */
  readonly recorded: Promise<boolean>;
}

/**
 * Joins what all partitions bring into batches for one handler (M5), and bounds what waits (M7).
 * kafkajs calls per partition and fetches no more from a broker until all its calls have ended: a parcel that is not
 * recorded is back-pressure.
 */
export class Gather implements BatchSource {
  #queue: Parcel[] = [];
  #underWay: { readonly parcel: Parcel; readonly count: number }[] = [];
  #waiting = 0;

  constructor(
    private readonly maxWaiting: number,
    private readonly onRecorded: (upTo: readonly IncomingRecord[]) => void,
  ) {}

  /** Accepts as many of `total` records as there is room for, made by `make`; the others are to be fetched again. */
  accept(total: number, make: (index: number) => IncomingRecord): Accepted {
    const count = Math.min(total, Math.max(0, this.maxWaiting - this.#waiting));
    const records = Array.from({ length: count }, (_, index) => make(index));
    this.#waiting += count;
    const recorded = new Promise<boolean>((settle, fail) => {
      this.#queue.push({ records, taken: 0, open: count, settle, fail });
    });
    return { count, recorded };
  }

  take(maxRecords: number): readonly IncomingRecord[] {
    const batch: IncomingRecord[] = [];
    while (this.#queue.length > 0 && batch.length < maxRecords) {
      const parcel = this.#queue[0] as Parcel;
      const part = parcel.records.slice(parcel.taken, parcel.taken + maxRecords - batch.length);
      for (const record of part) batch.push(record);
      parcel.taken += part.length;
      this.#underWay.push({ parcel, count: part.length });
      if (parcel.taken === parcel.records.length) this.#queue.shift();
    }
    this.#waiting -= batch.length;
    // Parcels that found no room, and nothing before them: there is room now, they are fetched again.
    if (batch.length === 0) this.#settleUnderWay();
    return batch;
  }

  done(): void {
    this.#settleUnderWay();
  }

  recorded(upTo: readonly IncomingRecord[]): void {
    this.onRecorded(upTo);
  }

  /** Back to the front of the queue, where `clear` finds it. */
  abandoned(): void {
    for (const { parcel, count } of this.#underWay.splice(0).reverse()) {
      parcel.taken -= count;
      this.#waiting += count;
      if (this.#queue[0] !== parcel) this.#queue.unshift(parcel);
    }
  }

  /** Gives everything back that waits: with an error (kafkajs acts on it) or without. No handler call is under way. */
  clear(error?: unknown): void {
    this.#waiting = 0;
    for (const parcel of this.#queue.splice(0)) {
      if (error === undefined) parcel.settle(false);
      else parcel.fail(error);
    }
  }

  #settleUnderWay(): void {
    for (const { parcel, count } of this.#underWay.splice(0)) {
      parcel.open -= count;
      if (parcel.open === 0) parcel.settle(true);
    }
  }
}
