/** Where the waits of a delivery come from: the process's own timers, or those of a simulation. */
export interface Timers {
  /** Runs once, after what this turn's IO has brought. */
  soon(run: () => void): void;
  /** Runs once after `delayMs`; the returned function cancels. */
  after(delayMs: number, run: () => void): () => void;
  /** Uniform in [0, 1): jitter. */
  random(): number;
}

export const systemTimers: Timers = {
  soon: (run) => void setImmediate(run),
  after: (delayMs, run) => {
    // A process that has nothing else to do need not wait for a redelivery.
    const timer = setTimeout(run, delayMs).unref();
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};
