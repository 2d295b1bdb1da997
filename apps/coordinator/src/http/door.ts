import type { Opening } from '#coordination';
import { unavailable } from '#service';

/** Refuses work while the process is still opening: what is accepted must be driven. */
export class Door {
  constructor(private readonly opening: Pick<Opening, 'hindrance'>) {}

  get open(): boolean {
    return this.opening.hindrance === null;
  }

  /** Throws the 503 that says what is missing. */
  assertOpen(): void {
    const { hindrance } = this.opening;
    if (hindrance !== null) throw unavailable('coordinator', `The coordinator is not ready: ${hindrance}.`);
  }
}
