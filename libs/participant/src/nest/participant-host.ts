import { ParticipantError } from '../errors.js';
import { createParticipant } from '../runtime/create-participant.js';
import type { ParticipantOptions } from '../runtime/options.js';
import type { ParticipantHealth, ParticipantRuntime } from '../runtime/participant-runtime.js';
import type { Explored } from './participant-explorer.js';

/** Holds the participant of the application: inject it for readiness, or to reach the runtime. */
export class ParticipantHost {
  private built: ParticipantRuntime | null = null;

  /** Throws ParticipantError before the module was initialised. */
  get runtime(): ParticipantRuntime {
    if (this.built) return this.built;
    throw new ParticipantError(
      'CONCORDAT_STOPPED',
      'The participant is built when the module is initialised.',
      'Use it from onApplicationBootstrap on.',
    );
  }

  health(): Promise<ParticipantHealth> {
    return this.built?.health() ?? Promise.resolve({ ok: false, detail: 'not initialised' });
  }

  build(options: Omit<ParticipantOptions, 'name' | 'operations'>, explored: Explored): void {
    this.built = createParticipant({ ...options, ...explored });
  }

  async stop(): Promise<void> {
    await this.built?.stop();
  }
}
