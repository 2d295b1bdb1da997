/** The system did not do what the story says: a defect, or a machine too slow for its patience. */
export class DemoError extends Error {
  override readonly name = 'DemoError';
}

/** @throws DemoError with `what` and the value seen */
export function expectThat(holds: boolean, what: string, seen: unknown): void {
  if (!holds) throw new DemoError(`expected ${what}, but saw ${JSON.stringify(seen)}`);
}
