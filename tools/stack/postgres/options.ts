/** What a caller may ask of {@link startPostgres}. */
export interface PostgresOptions {
  /** Where the data lives; made when absent. */
  dataDir: string;
  /** Default: beside the data, `<dataDir>.log`. */
  logFile?: string;
  /** Default: a free one. A server that is adopted keeps its own. */
  port?: number;
  /** `max_prepared_transactions`. Default 256; 0 switches `PREPARE TRANSACTION` off. */
  maxPreparedTransactions?: number;
  /** `max_connections`. Default 200. */
  maxConnections?: number;
  /** Further server settings, as of postgresql.conf. */
  settings?: Record<string, string>;
  /** Databases to make when they are absent, owned by the superuser. */
  databases?: string[];
  /**
   * Adopt a server that an earlier, killed run left on `dataDir`. It is restarted when it has other
   * settings than asked for. Default false: such a server is an error.
   */
  reuse?: boolean;
  /** Told about the few steps that take time. Default: nobody. */
  log?: (line: string) => void;
}

/** The settings as the server gets them, one `-c name=value` each. */
export function serverSettings(options: PostgresOptions): Record<string, string> {
  return {
    listen_addresses: '127.0.0.1',
    // A socket file in /tmp would be shared with every other server of the machine.
    unix_socket_directories: '',
    max_connections: String(options.maxConnections ?? 200),
    max_prepared_transactions: String(options.maxPreparedTransactions ?? 256),
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_line_prefix: '%m [%p] %d ',
    ...options.settings,
  };
}
