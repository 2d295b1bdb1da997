import { BusError } from '../port.js';

/** `work`, or BusError UNAVAILABLE when it takes longer than `timeoutMs`. The work itself goes on unheard. */
export async function bounded<T>(work: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new BusError('UNAVAILABLE', `${what}: no answer in ${timeoutMs} ms`, true)),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
