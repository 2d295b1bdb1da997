import type { Clock } from '#observability';

/** A participant that answered nothing for so long is not working through what it was sent. */
const SILENT_MS = 500;
/** What was asked so much earlier than something that is answered has been passed over: lost, or slow by itself. */
const OVERTAKEN_MS = 500;

interface Heard {
  readonly atMs: number;
  /** Latest moment at which something was asked that is answered now. */
  readonly askedAtMs: number;
}

/**
 * How far each participant has come with what it was asked. Commands queue in order at a participant: while it answers, and nothing
 * that was asked later, the answer is on its way, and to ask again would only make the queue longer.
 * Owns no safety: it puts off a re-send, and for no longer than the participant goes on answering.
 */
export class Pace {
  private readonly heard = new Map<string, Heard>();

  constructor(private readonly clock: Clock) {}

  answered(participant: string, askedAtMs: number): void {
    const before = this.heard.get(participant)?.askedAtMs ?? -Infinity;
    this.heard.set(participant, { atMs: this.clock.nowMs(), askedAtMs: Math.max(before, askedAtMs) });
  }

  isComing(participant: string, askedAtMs: number): boolean {
    const heard = this.heard.get(participant);
    if (!heard || this.clock.nowMs() - heard.atMs >= SILENT_MS) return false;
    return heard.askedAtMs - askedAtMs < OVERTAKEN_MS;
  }
}
