/**
 * Which partition a key belongs to. The same murmur2 as the Java client's and kafkajs' default partitioner
 * (`kafka/partitioner.spec.ts` compares them), so that both adapters, and any other Kafka client, agree.
 */

const SEED = 0x9747b28c;
const MIX = 0x5bd1e995;

/** murmur2 of 32 bits as Kafka clients compute it; a signed integer. */
export function murmur2(data: Uint8Array): number {
  const wholeWordBytes = data.length & ~3;
  let hash = SEED ^ data.length;
  for (let at = 0; at < wholeWordBytes; at += 4) {
    let word = Math.imul(littleEndian(data, at, 4), MIX);
    word = Math.imul(word ^ (word >>> 24), MIX);
    hash = Math.imul(hash, MIX) ^ word;
  }
  if (data.length > wholeWordBytes) {
    hash = Math.imul(hash ^ littleEndian(data, wholeWordBytes, data.length - wholeWordBytes), MIX);
  }
  hash = Math.imul(hash ^ (hash >>> 13), MIX);
  return hash ^ (hash >>> 15);
}

function littleEndian(data: Uint8Array, at: number, byteCount: number): number {
  let value = 0;
  for (let i = 0; i < byteCount; i += 1) value |= (data[at + i] ?? 0) << (8 * i);
  return value;
}

/** The partition of `key` among `partitionCount` partitions, from 0. */
export function partitionOfKey(key: string, partitionCount: number): number {
  return (murmur2(Buffer.from(key)) & 0x7fffffff) % partitionCount;
}
