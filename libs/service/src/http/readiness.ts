import type { Clock } from '#observability';
import { isErrorLike } from './error-like.js';

/** One part an app needs: resolves when it is fine, rejects with what is wrong. */
export interface ReadinessCheck {
  /** `database`, `broker`, `topics`, `schema`. */
  readonly name: string;
  check(): Promise<void>;
}

export interface PartState {
  readonly ok: boolean;
  /** What is wrong; absent when fine. */
  readonly detail?: string;
}

export interface ReadyReport {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, PartState>>;
}

/** A part that does not answer within this is not ready. */
const CHECK_TIMEOUT_MS = 2000;

/** Asks every part at once, each within bounded time; questions that come meanwhile share the answer. Never rejects. */
export class Readiness {
  private underWay: Promise<ReadyReport> | null = null;
  private stopping = false;

  constructor(
    private readonly checks: readonly ReadinessCheck[],
    private readonly clock: Clock,
    private readonly timeoutMs = CHECK_TIMEOUT_MS,
  ) {}

  /** From now on not ready: the app is going. */
  stop(): void {
    this.stopping = true;
  }

  report(): Promise<ReadyReport> {
    if (this.stopping) {
      return Promise.resolve({ ready: false, checks: { process: { ok: false, detail: 'stopping' } } });
    }
    this.underWay ??= this.ask().finally(() => {
      this.underWay = null;
    });
    return this.underWay;
  }

  private async ask(): Promise<ReadyReport> {
    const states = await Promise.all(
      this.checks.map(async (part) => [part.name, await this.stateOf(part)] as const),
    );
    return { ready: states.every(([, state]) => state.ok), checks: Object.fromEntries(states) };
  }

  private async stateOf(part: ReadinessCheck): Promise<PartState> {
    try {
      await this.within(part);
      return { ok: true };
    } catch (error) {
      return { ok: false, detail: isErrorLike(error) ? error.message : String(error) };
    }
  }

  private within(part: ReadinessCheck): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.clock.after(this.timeoutMs, () =>
        reject(new Error(`no answer within ${this.timeoutMs} ms`)),
      );
      // Called in a then, so that a check that throws at once rejects like one that throws later.
      Promise.resolve()
        .then(() => part.check())
        .then(resolve, reject)
        .finally(cancel);
    });
  }
}
