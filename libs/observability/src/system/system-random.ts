import { v7 } from 'uuid';
import type { Random } from '../clock.js';

/** Randomness of the machine: jitter, and ids that sort by the time they were made. */
export const systemRandom: Random = {
  next: () => Math.random(),
  uuidv7: () => v7(),
};
