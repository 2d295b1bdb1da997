import type { EventEmitter } from 'node:events';
import type { Log } from '#observability';

/** The process as the guards see it; tests give their own. */
export interface GuardedProcess extends Pick<EventEmitter, 'on'> {
  exit(code: number): void;
}

/**
 * Ties a process to its end: the first SIGTERM or SIGINT stops it gracefully (exit 0, or 1 when stopping failed), a second one
 * ends it at once; an error nobody caught ends it too, because its state is unknown: whoever supervises it starts it again, and
 * recovery does the rest.
 *
 * @param stop must end by itself in bounded time.
 */
export function guardProcess(log: Log, stop: () => Promise<void>, target: GuardedProcess = process): void {
  let stopping = false;
  const onSignal = (signal: string): void => {
    if (stopping) {
      log.warn({ signal }, 'second signal: ends at once');
      target.exit(1);
      return;
    }
    stopping = true;
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
