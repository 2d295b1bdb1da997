/**
 * Opens what consists of many parts: `open` hands each part's end to the stack once the part is there. Resolves with what it returns
 * and with how to close it; the last part opened is closed first.
 * @throws what `open` threw, once everything that was open is closed
 */
export async function opened<T extends object>(
  open: (parts: AsyncDisposableStack) => Promise<T>,
): Promise<T & { close(): Promise<void> }> {
  const parts = new AsyncDisposableStack();
  try {
    return { ...(await open(parts)), close: () => parts.disposeAsync() };
  } catch (error) {
    // What was open may not close, for the same reason: that is told beside the cause, not instead of it.
    const [closing] = await Promise.allSettled([parts.disposeAsync()]);
    if (closing.status === 'rejected') throw new AggregateError([error, closing.reason], String(error));
    throw error;
  }
}

/** A part that is closed with the others, once it is there. */
export const kept = async <T>(
  parts: AsyncDisposableStack,
  opening: Promise<T>,
  close: (it: T) => Promise<unknown>,
): Promise<T> => parts.adopt(await opening, async (it) => void (await close(it)));

/** As Promise.all, but a failure is told only when none is still opening: what opens later would never be closed. */
export async function allOpened<T extends readonly unknown[]>(parts: {
  readonly [K in keyof T]: Promise<T[K]>;
}): Promise<T> {
  await Promise.allSettled(parts);
  return (await Promise.all(parts)) as unknown as T;
}
