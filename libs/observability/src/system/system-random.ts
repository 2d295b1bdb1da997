import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';
import type { Random } from '../clock.js';

/** What a UUID takes. */
const DRAW_BYTES = 16;

/** Random bytes for the next ids: asking the machine for many costs hardly more than for those of one. */
const drawn = Buffer.alloc(DRAW_BYTES * 256);
let used = drawn.length;

/** Read before the next call; never given twice. */
function randomBytes(): Buffer {
  if (used === drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  used += DRAW_BYTES;
  return drawn.subarray(used - DRAW_BYTES, used);
}

/** Of the last id: the next one of the same millisecond counts on from it, so that ids sort as they were made. */
let lastMs = 0;
let sequence = 0;

/** Given its random bytes, `v7` keeps no count of its own; this is that of the library. */
function uuidv7(): string {
  const random = randomBytes();
  const nowMs = Date.now();
  // The first of a millisecond leaves room to count: half of the 32 bits.
  sequence = nowMs > lastMs ? random.readUInt32BE(6) >>> 1 : sequence + 1;
  lastMs = Math.max(lastMs, nowMs);
  return v7({ random, msecs: lastMs, seq: sequence });
}

/** Randomness of the machine: jitter, and ids that sort by the time they were made. */
export const systemRandom: Random = { next: () => Math.random(), uuidv7 };
