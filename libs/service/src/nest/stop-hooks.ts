import type { Clock, Log } from '#observability';

/** One thing to end when the app stops. */
export interface StopHook {
  readonly name: string;
  stop(): Promise<void>;
}

export interface StopContext {
  readonly clock: Clock;
  readonly log: Log;
  /** For each hook. */
  readonly timeoutMs: number;
}

/** Runs every hook in order, each in bounded time; a failing one does not keep the next from running. Throws what failed. */
export async function runStopHooks(
  hooks: readonly StopHook[],
  { clock, log, timeoutMs }: StopContext,
): Promise<void> {
  const failures: unknown[] = [];
  for (const hook of hooks) {
    try {
      await bounded(hook, clock, timeoutMs);
      log.debug({ part: hook.name }, 'stopped a part');
    } catch (error) {
      log.error({ error, part: hook.name }, 'a part did not stop');
      failures.push(error);
    }
  }
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} part(s) did not stop cleanly`);
}

function bounded(hook: StopHook, clock: Clock, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new Error(`${hook.name} did not stop within ${timeoutMs} ms`));
    const cancel = clock.after(timeoutMs, late);
    Promise.resolve()
      .then(() => hook.stop())
      .then(resolve, reject)
      .finally(cancel);
  });
}
