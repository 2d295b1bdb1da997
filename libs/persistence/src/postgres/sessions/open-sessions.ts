import type { Log } from '#observability';
import { LEDGER_SESSION } from '../ledger/session.js';
import { createPool } from '../pool.js';
import { SessionPool } from './session-pool.js';

/** How a participant's sessions are opened. */
export interface SessionOptions {
  /** Of the participant's own business database. The role owns its prepared transactions: the same one on every instance. */
  readonly url: string;
  readonly log: Log;
  /** How long a statement waits for a lock. Default 1000. */
  readonly lockTimeoutMs?: number;
  /** After this long the server ends a session that sits idle in an open transaction: a hung process holds locks. Default 10000. */
  readonly idleInTransactionTimeoutMs?: number;
  /** Connections for local transactions, and as many again for everything else. Default 10. */
  readonly maxConnections?: number;
  /** Waiting for a free connection, or for the server to accept one. Default 5000. */
  readonly connectTimeoutMs?: number;
  /** A statement that is not answered within this has lost its connection. Default 30000. */
  readonly answerTimeoutMs?: number;
}

/** The server notices a dead machine at the other end of a silent connection within about 12 s, and frees its locks. */
const TCP_SETTINGS = {
  tcp_keepalives_idle: '5',
  tcp_keepalives_interval: '2',
  tcp_keepalives_count: '3',
  tcp_user_timeout: '12000',
};

/**
 * `business`: handlers run their SQL here, so the planner is left as it is. `own`: only our statements run here, and their
 * plans must not depend on statistics (see {@link LEDGER_SESSION}).
 */
export type SessionUse = 'business' | 'own';

/** A pool of sessions as a participant needs them: set up once per connection, not per transaction. `more`: settings on top. */
export function openSessions(
  options: SessionOptions,
  use: SessionUse,
  applicationName: string,
  more: Readonly<Record<string, string>> = {},
): SessionPool {
  const { url, log, maxConnections, connectTimeoutMs, answerTimeoutMs } = options;
  const pool = createPool({
    url,
    log,
    applicationName,
    max: maxConnections ?? 10,
    ...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs }),
    ...(answerTimeoutMs === undefined ? {} : { answerTimeoutMs }),
    settings: {
      ...TCP_SETTINGS,
      ...(use === 'own' ? LEDGER_SESSION : {}),
      lock_timeout: String(options.lockTimeoutMs ?? 1_000),
      idle_in_transaction_session_timeout: String(options.idleInTransactionTimeoutMs ?? 10_000),
      ...more,
    },
  });
  return new SessionPool(pool);
}
