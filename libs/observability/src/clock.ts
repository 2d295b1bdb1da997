/** Time and randomness enter the libraries only through these ports (the simulation supplies its own). */
export interface Clock {
  /** Monotonic milliseconds; serves liveness only, never a safety rule. */
  nowMs(): number;
  /** Wall clock in milliseconds since 1970: ages of ids and log lines only; stored times are database times. */
  wallMs(): number;
  /**
   * Calls `run` once after `delayMs`; 0 = when this turn's IO has been taken in. The returned function cancels. Never keeps the
   * process alive.
   */
  after(delayMs: number, run: () => void): () => void;
}

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** A lower-case UUIDv7. */
  uuidv7(): string;
}
