/** A scenario takes 40 s at most on a quiet machine; longer than one wait of it and its rest, both stretched to the most. */
const CI_MS = 420_000;
/** A minute less than jest waits, which says nothing. */
const RELEASE_MS = 840_000;

export const deadlineMs = (size: 'ci' | 'release'): number => (size === 'ci' ? CI_MS : RELEASE_MS);

/** What was waited for may still happen. */
export class Overdue extends Error {}

/**
 * What `work` resolves with. A wait without an end is told while there is time to tell it: the layer itself is ended without
 * a word when it takes too long.
 * @param where what it does at that moment, and what is known of it
 * @throws Overdue when it has not ended after `limitMs`; it goes on, but nobody waits for it
 */
export async function beforeDeadline<T>(
  limitMs: number,
  where: () => Promise<string>,
  work: () => Promise<T>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const tell = async (): Promise<void> =>
      reject(new Overdue(`hangs: not ended after ${limitMs} ms; ${await where()}`));
    timer = setTimeout(() => void tell().catch(reject), limitMs);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
