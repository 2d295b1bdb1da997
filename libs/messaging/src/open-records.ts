import { backoffMs, type Backoff } from './backoff.js';
import type { IncomingRecord, StillOpen } from './port.js';
import type { Timers } from './timers.js';
import { Watermark } from './watermark.js';

/**
 * Records a handler may leave open at once; then it gets no further batch until one closes (M7). Large, since what is not read may
 * be the very decision that frees the locks all the open ones wait for.
 */
export const MAX_OPEN = 10_000;

export interface OpenRecordsOptions {
  /** Of each partition, everything up to these records is recorded. */
  readonly recorded: (upTo: readonly IncomingRecord[]) => void;
  readonly onFailed: (error: unknown, record: IncomingRecord, retryMs: number) => void;
  /** A record closed or is to be delivered again. */
  readonly onChange: () => void;
  readonly backoff: Backoff;
  readonly timers: Timers;
}

/**
 * What handlers have left open (`StillOpen`): follows the work on each record, says how far partitions are recorded,
 * and gives a record out again when its work fails. It comes out of order then; only its offset keeps its place.
 */
export class OpenRecords {
  readonly #watermark = new Watermark();
  readonly #work = new Set<Promise<void>>();
  /** Work failed and the wait is over: to be delivered with the next batch. */
  #failed: IncomingRecord[] = [];

  constructor(private readonly options: OpenRecordsOptions) {}

  get count(): number {
    return this.#watermark.open;
  }

  get full(): boolean {
    return this.#watermark.open >= MAX_OPEN;
  }

  get hasFailed(): boolean {
    return this.#failed.length > 0;
  }

  takeFailed(maxRecords: number): IncomingRecord[] {
    return this.#failed.splice(0, maxRecords);
  }

  /** A handler call resolved, leaving `open` of its batch open. */
  handled(batch: readonly IncomingRecord[], open: readonly StillOpen[]): void {
    const records = new Set(open.map(({ record }) => record));
    this.options.recorded(this.#watermark.handled(batch, records));
    for (const one of open) this.#follow(one);
  }

  /** All partitions may be read by others now: what closes later counts there, if anywhere. */
  forgetAll(): void {
    this.#watermark.clear();
    this.#failed = [];
  }

  forget(topic: string, partition: number): void {
    this.#watermark.forget(topic, partition);
    this.#failed = this.#failed.filter((record) => record.topic !== topic || record.partition !== partition);
  }

  /** Resolves when no work goes on, or after `timeoutMs`. */
  async allClosed(timeoutMs: number): Promise<void> {
    if (this.#work.size === 0) return;
    let cancel = (): void => undefined;
    const late = new Promise<void>((resolve) => {
      cancel = this.options.timers.after(timeoutMs, resolve);
    });
    await Promise.race([Promise.all(this.#work), late]);
    cancel();
  }

  #follow({ record, closed }: StillOpen): void {
    const work = closed.then(
      () => this.#closed(record),
      (error: unknown) => this.#workFailed(record, error),
    );
    this.#work.add(work);
    void work.finally(() => this.#work.delete(work));
  }

  #closed(record: IncomingRecord): void {
    this.options.recorded(this.#watermark.closed(record));
    this.options.onChange();
  }

  #workFailed(record: IncomingRecord, error: unknown): void {
    const failures = this.#watermark.failed(record);
    if (failures === undefined) return;
    const retryMs = backoffMs(this.options.backoff, failures, this.options.timers.random);
    this.options.onFailed(error, record, retryMs);
    this.options.timers.after(retryMs, () => this.#deliverAgain(record));
  }

  #deliverAgain(record: IncomingRecord): void {
    if (!this.#watermark.isOpen(record)) return;
    this.#failed.push(record);
    this.options.onChange();
  }
}
