/** Every metric of every app, declared once: name, kind, labels, help. A name that is not here throws. */

export interface MetricDeclaration {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds, histograms only. */
  readonly buckets?: readonly number[];
}

/** From a prepared transaction on a fast disk to the saga deadline. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900];
const RECORDS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048];

export const METRIC_DECLARATIONS = {
  concordat_transactions_total: {
    kind: 'counter',
    help: 'Transactions whose outcome became final, by requested mode and outcome.',
    labels: ['mode', 'outcome'],
  },
  concordat_transaction_duration_seconds: {
    kind: 'histogram',
    help: 'Time from durable acceptance to the end of a phase (decided, applied).',
    labels: ['mode', 'phase'],
    buckets: SECONDS,
  },
  concordat_in_doubt: {
    kind: 'gauge',
    help: 'Branches that may be prepared and have not acknowledged a decision.',
    labels: ['participant'],
  },
  concordat_in_doubt_oldest_age_seconds: {
    kind: 'gauge',
    help: 'Age of the oldest branch in doubt; 0 when there is none.',
    labels: [],
  },
  concordat_votes_total: { kind: 'counter', help: 'Votes taken.', labels: ['participant', 'vote'] },
  concordat_recovered_total: {
    kind: 'counter',
    help: 'Transactions moved on by recovery instead of their driver, by why it was needed.',
    labels: ['reason'],
  },
  concordat_recovery_duration_seconds: {
    kind: 'histogram',
    help: 'Time from when a transaction became due for recovery until it moved on.',
    labels: [],
    buckets: SECONDS,
  },
  concordat_inflight: { kind: 'gauge', help: 'Transactions this instance drives now.', labels: [] },
  concordat_batch_size: {
    kind: 'histogram',
    help: 'Items handled together by a stage of the hot path.',
    labels: ['stage'],
    buckets: RECORDS,
  },
  concordat_dead_letters_total: {
    kind: 'counter',
    help: 'Records refused and put on the dead-letter topic.',
    labels: ['reason'],
  },
  concordat_prepared_transactions: {
    kind: 'gauge',
    help: 'Prepared transactions of a participant in its database (pg_prepared_xacts).',
    labels: ['participant'],
  },
  concordat_in_doubt_alarms: {
    kind: 'gauge',
    help: 'Branches that a participant holds prepared for longer than its alarm limit (60 s), with no outcome to be had.',
    labels: ['participant'],
  },
  concordat_http_request_duration_seconds: {
    kind: 'histogram',
    help: 'HTTP requests by route pattern and status.',
    labels: ['method', 'route', 'status'],
    buckets: SECONDS.filter((bound) => bound <= 60),
  },
} as const satisfies Record<string, MetricDeclaration>;

export type MetricName = keyof typeof METRIC_DECLARATIONS;
