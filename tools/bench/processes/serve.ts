import process from 'node:process';

/** What a program under the bench can be told to do; each takes one JSON value and answers one. */
export type Methods = Readonly<Record<string, (argument: never) => Promise<unknown>>>;

interface Call {
  readonly id: number;
  readonly method: string;
  readonly argument: unknown;
}

/** Tells the bench something while a call is under way. `Event` is what the program's caller knows of. */
export function tell<Event extends string>(event: Event): void {
  process.send?.({ event });
}

/**
 * Makes this process serve the bench that forked it. It ends with `stop` (a method of that name runs first), and with its parent at
 * the latest: the channel closes however the parent ends.
 */
export function serve(methods: Methods): void {
  process.on('disconnect', () => process.exit(1));
  process.on('message', (call: Call) => void answer(methods, call));
  // A Ctrl-C in the terminal is the bench's to handle.
  process.on('SIGINT', () => undefined);
  tell('serving');
}

async function answer(methods: Methods, { id, method, argument }: Call): Promise<void> {
  try {
    const value = await methods[method]?.(argument as never);
    process.send?.({ id, value }, undefined, undefined, () => {
      // exit() and not an empty event loop: it is what makes --cpu-prof write its file.
      if (method === 'stop') process.exit(0);
    });
  } catch (error) {
    process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}
