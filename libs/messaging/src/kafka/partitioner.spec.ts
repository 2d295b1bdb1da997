import { describe, expect, it } from '@jest/globals';
import { Partitioners } from 'kafkajs';
import { partitionOfKey } from '../partitioner.js';

const kafkajs = Partitioners.DefaultPartitioner();

function kafkajsPartition(key: string, partitionCount: number): number {
  const partitionMetadata = Array.from({ length: partitionCount }, (_, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 0,
    replicas: [0],
    isr: [0],
  }));
  return kafkajs({ topic: 't', partitionMetadata, message: { key, value: null } });
}

describe('partitioner', () => {
  it('chooses the partition that kafkajs, and with it every Java client, would choose', () => {
    const keys = ['', 'a', 'ab', 'abc', 'abcd', 'abcde', 'žluť', '0190a6f0-7b3c-7c3e-8f6e-2d6b4a3c1f00'];
    for (let i = 0; i < 2_000; i += 1) keys.push(`${i.toString(36)}-${i * 7919}`);

    for (const key of keys) {
      for (const count of [1, 3, 12, 50]) {
        expect([key, partitionOfKey(key, count)]).toEqual([key, kafkajsPartition(key, count)]);
      }
    }
  });
});
