import type { LoggerService } from '@nestjs/common';
import type { Log } from '#observability';

/** What Nest says goes to our log; its tale of modules and routes only at debug. */
export function nestLog(log: Log): LoggerService {
  const say =
    (level: 'debug' | 'warn' | 'error') =>
    (message: unknown, ...rest: unknown[]): void => {
      const error = message instanceof Error ? { error: message } : {};
      log[level]({ nest: rest.filter((item) => typeof item === 'string'), ...error }, String(message));
    };
  return {
    log: say('debug'),
    debug: say('debug'),
    verbose: say('debug'),
    warn: say('warn'),
    error: say('error'),
    fatal: say('error'),
  };
}
