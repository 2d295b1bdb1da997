import type { Clock } from '#observability';

/** For specs. Time stands still unless a test moves it: waits never end by themselves. */
export class StandingClock implements Clock {
  private atMs = 1_700_000_000_000;

  nowMs(): number {
    return this.atMs;
  }

  wallMs(): number {
    return this.atMs;
  }

  after(): () => void {
    return () => undefined;
  }

  pass(byMs: number): void {
    this.atMs += byMs;
  }
}
