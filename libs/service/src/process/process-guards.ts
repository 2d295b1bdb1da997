import type { EventEmitter } from 'node:events';
import { systemClock, type Clock, type Log } from '#observability';

/** The process as the guards see it; tests give their own. */
export interface GuardedProcess extends Pick<EventEmitter, 'on'> {
  exit(code: number): void;
}

/** Under npm one Ctrl-C arrives twice, from the terminal and from npm: a second signal this soon is the same wish. */
const SAME_WISH_MS = 1_000;

/**
 * Ties a process to its end: the first SIGTERM or SIGINT stops it gracefully (exit 0, or 1 when stopping failed), one that comes
 * over a second later ends it at once; an error nobody caught ends it too, because its state is unknown: whoever supervises it starts it again, and
 * recovery does the rest.
 *
 * @param stop must end by itself in bounded time.
 */
export function guardProcess(
  log: Log,
  stop: () => Promise<void>,
  target: GuardedProcess = process,
  clock: Pick<Clock, 'nowMs'> = systemClock,
): void {
  let stoppingSinceMs: number | null = null;
  const onSignal = (signal: string): void => {
    if (stoppingSinceMs !== null) {
      if (clock.nowMs() - stoppingSinceMs < SAME_WISH_MS) return;
      log.warn({ signal }, 'second signal: ends at once');
      target.exit(1);
      return;
    }
    stoppingSinceMs = clock.nowMs();
    log.info({ signal }, 'stops');
    stop().then(
      () => {
        log.info({}, 'stopped');
        target.exit(0);
      },
      (error: unknown) => {
        log.error({ error }, 'stopped, but not cleanly');
        target.exit(1);
      },
    );
  };
  target.on('SIGTERM', () => onSignal('SIGTERM'));
  target.on('SIGINT', () => onSignal('SIGINT'));
  const die = (what: string, error: unknown): void => {
    log.error({ error, fatal: true }, what);
    target.exit(1);
  };
  target.on('uncaughtException', (error: unknown) => die('uncaught exception', error));
  target.on('unhandledRejection', (error: unknown) => die('unhandled rejection', error));
}
