import { BusError } from '../port.js';

/** What kafkajs throws, as far as it is looked at here. `type` is the name of the broker's answer. */
interface KafkaFault {
  readonly name?: string;
  readonly type?: string;
  readonly message?: string;
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
}

const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

/** Answers that stay the same however often one asks. */
const REFUSED = new Set([
  'INVALID_TOPIC_EXCEPTION',
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'INVALID_PARTITIONS',
  'INVALID_CONFIG',
  'POLICY_VIOLATION',
  'SASL_AUTHENTICATION_FAILED',
  'UNSUPPORTED_SASL_MECHANISM',
]);

/** Answers that send a member back to joining its group. */
const REJOIN = new Set([
  'REBALANCE_IN_PROGRESS',
  'ILLEGAL_GENERATION',
  'NOT_COORDINATOR_FOR_GROUP',
  'UNKNOWN_MEMBER_ID',
]);

/** The broker's answer behind an error, through kafkajs' wrappers ("number of retries exceeded"). */
export function faultType(error: unknown): string | undefined {
  for (let at = error as KafkaFault | undefined, depth = 0; at && depth < 10; depth += 1) {
    if (at.type) return at.type;
    if (at.name === 'KafkaJSSASLAuthenticationError') return 'SASL_AUTHENTICATION_FAILED';
    at = (at.cause ?? at.errors?.[0]) as KafkaFault | undefined;
  }
  return undefined;
}

export const needsRejoin = (error: unknown): boolean => REJOIN.has(faultType(error) ?? '');

/** What kafkajs must hear from `eachBatch` to join its group anew; it looks at `type` and for nothing behind `cause`. */
export const rebalanceIsUnderWay = (cause?: unknown): Error =>
  Object.assign(new Error('the group is to be joined anew', { cause }), { type: 'REBALANCE_IN_PROGRESS' });

/** True when a request got no answer: the connection may be dead without knowing it. */
function isRequestTimeout(error: unknown): boolean {
  for (let at = error as KafkaFault | undefined, depth = 0; at && depth < 10; depth += 1) {
    if (at.name === 'KafkaJSRequestTimeoutError') return true;
    at = at.cause as KafkaFault | undefined;
  }
  return false;
}

/** Nothing came back in time: the connection may be dead without knowing it. */
export const isWithoutAnswer = (error: unknown): boolean =>
  isRequestTimeout(error) || (error instanceof BusError && error.code === 'UNAVAILABLE');

/** The port's error for whatever went wrong while doing `what`. */
export function toBusError(error: unknown, what: string): BusError {
  if (error instanceof BusError) return error;
  const type = faultType(error);
  const message = `${what}: ${(error as KafkaFault | undefined)?.message ?? String(error)}`;
  const options = { cause: error };
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION') return new BusError('UNKNOWN_TOPIC', message, true, options);
  if (TOO_LARGE.has(type ?? '')) return new BusError('TOO_LARGE', message, false, options);
  if (REFUSED.has(type ?? '')) return new BusError('REFUSED', message, false, options);
  return new BusError('UNAVAILABLE', message, true, options);
}
