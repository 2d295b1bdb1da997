import { describe, expect, it } from '@jest/globals';
import { topicNames, topicPolicies } from './topics.js';

describe('topics', () => {
  it('are named as protocol.md §3 says', () => {
    const topics = topicNames('concordat');
    expect([topics.requests, topics.replies, topics.outcomes, topics.deadLetters]).toEqual([
      'concordat.requests',
      'concordat.replies',
      'concordat.outcomes',
      'concordat.dead-letters',
    ]);
    expect(topics.command('payments')).toBe('concordat.commands.payments');
    expect(topics.initiator('orders')).toBe('concordat.initiators.orders');
  });

  it('keep their records a week, outcomes for ever by compaction', () => {
    const policies = topicPolicies(topicNames('t'), {
      partitions: 12,
      replication: 1,
      participants: ['payments'],
      initiators: ['orders'],
    });
    expect(policies.map(({ name, cleanup, retentionMs }) => [name, cleanup, retentionMs])).toEqual([
      ['t.requests', 'delete', 604_800_000],
      ['t.replies', 'delete', 604_800_000],
      ['t.outcomes', 'compact', undefined],
      ['t.dead-letters', 'delete', 604_800_000],
      ['t.commands.payments', 'delete', 604_800_000],
      ['t.initiators.orders', 'delete', 604_800_000],
    ]);
  });

  it.each(['', 'a b', '.x', 'x/y', 'x'.repeat(101)])('refuse the prefix %j', (prefix) => {
    expect(() => topicNames(prefix)).toThrow(RangeError);
  });
});
