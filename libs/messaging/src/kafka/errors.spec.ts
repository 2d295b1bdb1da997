import { describe, expect, it } from '@jest/globals';
import { KafkaJSNumberOfRetriesExceeded, KafkaJSRequestTimeoutError } from 'kafkajs';
import { BusError } from '../port.js';
import { faultType, isWithoutAnswer, needsRejoin, toBusError } from './errors.js';

const fault = (type: string): Error => Object.assign(new Error(`answer ${type}`), { type });
const exceeded = (cause: Error): Error =>
  new KafkaJSNumberOfRetriesExceeded(cause, { retryCount: 5, retryTime: 1 });

describe('errors of kafkajs', () => {
  it.each([
    ['MESSAGE_TOO_LARGE', 'TOO_LARGE', false],
    ['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC', true],
    ['TOPIC_AUTHORIZATION_FAILED', 'REFUSED', false],
    ['NOT_ENOUGH_REPLICAS', 'UNAVAILABLE', true],
  ])('%s is %s', (type, code, retriable) => {
    const error = toBusError(exceeded(fault(type)), 'publish');

    expect(error).toMatchObject({ name: 'BusError', code, retriable });
    expect(error.message).toContain('publish: ');
    expect(error.cause).toBeDefined();
  });

  it('a lost connection is UNAVAILABLE', () => {
    expect(toBusError(new Error('connect ECONNREFUSED'), 'publish')).toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('an error of the port stays what it is', () => {
    const error = new BusError('REFUSED', 'no such partition', false);

    expect(toBusError(error, 'publish')).toBe(error);
  });

  it('finds the answer of the broker, and a missing one, behind wrappers', () => {
    const silent = new KafkaJSRequestTimeoutError('timed out');

    expect(faultType(exceeded(exceeded(fault('REBALANCE_IN_PROGRESS'))))).toBe('REBALANCE_IN_PROGRESS');
    expect(needsRejoin(fault('UNKNOWN_MEMBER_ID'))).toBe(true);
    expect(needsRejoin(silent)).toBe(false);
    expect(isWithoutAnswer(exceeded(silent))).toBe(true);
  });
});
