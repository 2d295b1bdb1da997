import { connect } from 'node:net';

/*
 * One Metadata request, written by hand: the stack must not depend on the client that the product uses
 * and that its tests examine. Metadata v1, no topics: header (key 3, version 1, correlation id,
 * client id null) and an empty array; the answer begins with the array of brokers {id, host, port, rack}.
 */
const REQUEST = Buffer.from([
  ...[0, 0, 0, 14], // length of the rest
  ...[0, 3, 0, 1], // Metadata, version 1
  ...[0, 0, 0, 7], // correlation id
  ...[0xff, 0xff], // no client id
  ...[0, 0, 0, 0], // no topics
]);

const TIMEOUT_MS = 2_000;
const HEADER_BYTES = 8;

function readBrokerIds(body: Buffer): number[] {
  const ids: number[] = [];
  let at = HEADER_BYTES + 4;
  for (let left = body.readInt32BE(HEADER_BYTES); left > 0; left -= 1) {
    ids.push(body.readInt32BE(at));
    at += 4 + 2 + body.readInt16BE(at + 4) + 4;
    at += 2 + Math.max(0, body.readInt16BE(at));
  }
  return ids;
}

const isComplete = (bytes: Buffer): boolean => bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0);

/**
 * The ids of the live brokers as the broker on `port` sees them; empty while it does not answer.
 * A broker that lists itself has joined the cluster and serves clients.
 */
export function liveBrokers(port: number): Promise<number[]> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: TIMEOUT_MS });
    let bytes = Buffer.alloc(0);
    socket.on('connect', () => socket.write(REQUEST));
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (isComplete(bytes)) socket.destroy();
    });
    socket.on('timeout', () => socket.destroy());
    // Refused or reset: not there yet. 'close' follows.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(isComplete(bytes) ? readBrokerIds(bytes) : []));
  });
}
