/**
 * Simulated time. One event at a time, in the order of their moments; all that follows from an event without waiting runs
 * before the next. Nothing else in the process may wait for anything: then one seed is one history.
 *
 * Owns: the moment, the order of events, the digest of the history. Does not own: who may still run (`SimProcess`).
 *  T1 Events of one moment run in the order they were asked for.
 *  T2 Equal digests = the same events at the same moments in the same order.
 */
import type { Clock } from '#observability';

interface Scheduled {
  readonly atMs: number;
  readonly serial: number;
  run: (() => void) | null;
}

/** Where simulated wall clocks begin: 2026-01-01T00:00:00Z. */
export const EPOCH_MS = 1_767_225_600_000;

const FNV_PRIME = 16_777_619;
const BEATS_A_ROUND = 256;

export class Scheduler {
  private readonly heap: Scheduled[] = [];
  private readonly pulse = new Pulse();
  private serial = 0;
  private now = 0;
  private history = 2_166_136_261;
  private count = 0;

  get nowMs(): number {
    return this.now;
  }

  /** Events so far. */
  get events(): number {
    return this.count;
  }

  get digest(): string {
    return (this.history >>> 0).toString(16).padStart(8, '0');
  }

  /** The clock of what does not crash: database servers, the experimenter. */
  readonly clock: Clock = {
    nowMs: () => this.now,
    wallMs: () => EPOCH_MS + Math.floor(this.now),
    after: (delayMs, run) => this.after(delayMs, run),
  };

  /** Runs once after `delayMs` of simulated time; the returned function cancels. */
  after(delayMs: number, run: () => void): () => void {
    this.serial += 1;
    const event: Scheduled = { atMs: this.now + Math.max(0, delayMs), serial: this.serial, run };
    push(this.heap, event);
    return () => {
      event.run = null;
    };
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve));
  }

  /** Lets time pass until the moment `untilMs`. */
  async runUntil(untilMs: number): Promise<void> {
    for (;;) {
      await this.pulse.settled();
      const next = this.heap[0];
      if (!next || next.atMs > untilMs) break;
      this.step(pop(this.heap));
    }
    this.now = Math.max(this.now, untilMs);
  }

  private step(event: Scheduled): void {
    if (!event.run) return;
    this.now = event.atMs;
    this.count += 1;
    this.note(event.serial);
    this.note(Math.round(event.atMs * 1000));
    event.run();
  }

  private note(word: number): void {
    this.history = Math.imul(this.history ^ (word | 0), FNV_PRIME);
  }
}

/**
 * All promise callbacks, and those that they cause, have run between one immediate and the next. Many are asked for at once, since
 * a round of the event loop costs as much as an event.
 */
class Pulse {
  private waiting: (() => void) | null = null;
  private coming = 0;

  settled(): Promise<void> {
    if (this.coming === 0)
      for (; this.coming < BEATS_A_ROUND; this.coming += 1) setImmediate(() => this.beat());
    return new Promise((resolve) => (this.waiting = resolve));
  }

  private beat(): void {
    this.coming -= 1;
    const resolve = this.waiting;
    this.waiting = null;
    resolve?.();
  }
}

const before = (a: Scheduled, b: Scheduled): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.serial < b.serial);

function push(heap: Scheduled[], event: Scheduled): void {
  let at = heap.push(event) - 1;
  for (let parent = (at - 1) >> 1; at > 0 && before(event, heap[parent]!); parent = (at - 1) >> 1) {
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = event;
}

function pop(heap: Scheduled[]): Scheduled {
  const top = heap[0]!;
  const last = heap.pop()!;
  if (heap.length > 0) sink(heap, last);
  return top;
}

function sink(heap: Scheduled[], event: Scheduled): void {
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
    if (!before(heap[child]!, event)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = event;
}
