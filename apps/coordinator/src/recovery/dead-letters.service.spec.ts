import { describe, expect, it } from '@jest/globals';
import type { StoredDeadLetter } from '#persistence';
import { recordOf, refusalOf } from './dead-letters.service.js';

const letter: StoredDeadLetter = {
  ...{ id: '7', topic: 'concordat.replies', partition: 3, offset: '12', key: 'k', headers: { v: '1' } },
  ...{ value: Buffer.from('{}').toString('base64'), truncated: false, reason: 'BAD_JSON', detail: '' },
  ...{ app: 'coordinator', instance: 'one', storedAt: 'then', requeuedAt: null, requeuedBy: null },
};

describe('a dead letter', () => {
  it('goes back as it came: topic, partition, key, headers, bytes', () => {
    const record = {
      topic: 'concordat.replies',
      partition: 3,
      key: 'k',
      headers: { v: '1' },
      value: Buffer.from('{}'),
    };
    expect(recordOf(letter)).toEqual(record);
    expect(recordOf({ ...letter, value: null, key: null })).toMatchObject({
      value: null,
      key: '',
      partition: 3,
    });
  });

  it.each([
    ['whole and new', {}, undefined],
    ['cut', { truncated: true }, 'TRUNCATED'],
    ['requeued before', { requeuedAt: 'then' }, 'REQUEUED_BEFORE'],
    ['of a foreign topic', { topic: 'billing.events' }, 'FOREIGN_TOPIC'],
    ['of a topic that only begins alike', { topic: 'concordatish.replies' }, 'FOREIGN_TOPIC'],
  ])('that is %s: %s', (_what, more, code) => {
    expect(refusalOf({ ...letter, ...more }, 'concordat')?.code).toBe(code);
  });
});
