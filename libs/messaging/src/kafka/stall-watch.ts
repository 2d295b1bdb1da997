/**
 * Tells a consumer that is idle from one that is stuck: no batch for a while although records are unread, twice in a
 * row. kafkajs can end up there without an event (tulios/kafkajs#659).
 */
export class StallWatch {
  wasActive = false;
  #activeAtMs = performance.now();
  #suspicious = false;

  constructor(
    private readonly stallMs: number,
    private readonly isBehind: () => Promise<boolean>,
  ) {}

  /** A batch came or went. */
  active(): void {
    this.wasActive = true;
    this.#suspicious = false;
    this.#activeAtMs = performance.now();
  }

  /** Asks the broker only after `stallMs` without a batch. A broker that does not answer is no proof of anything. */
  async isStalled(): Promise<boolean> {
    if (performance.now() - this.#activeAtMs < this.stallMs) return false;
    const seenMs = this.#activeAtMs;
    const behind = await this.isBehind().catch(() => false);
    if (seenMs !== this.#activeAtMs || !behind) {
      this.#suspicious = false;
      return false;
    }
    const twice = this.#suspicious;
    this.#suspicious = true;
    return twice;
  }
}
