import { Inject, Injectable } from '@nestjs/common';
import type { DriverProcess } from '#service';
import type { DeadParticipantSweep } from '../participants/dead-participant-sweep.js';
import { DRIVER, SWEEP } from '../tokens.js';
import type { StatusView } from './status-schema.js';

/** What this watchdog knows, from its memory: no request of a stranger costs the ledger anything. */
@Injectable()
export class StatusService {
  constructor(
    @Inject(DRIVER) private readonly driver: DriverProcess,
    @Inject(SWEEP) private readonly sweep: DeadParticipantSweep,
  ) {}

  status(): StatusView {
    const { config, engine, hindrance, waitingWork } = this.driver;
    const { alive, dead } = engine.instances;
    const last = engine.lastSweep;
    return {
      app: 'watchdog',
      instance: config.instanceId,
      open: hindrance === null,
      waitsFor: hindrance,
      drives: engine.inflight,
      lastSweep: last && {
        at: new Date(last.atWallMs).toISOString(),
        tookMs: last.tookMs,
        takenOver: last.taken,
      },
      instances: {
        alive: alive.map(({ id }) => id),
        dead: dead.map(({ id, role, silentMs }) => ({ id, role, silentMs })),
      },
      waiting: Object.fromEntries(waitingWork.all()),
      participantDatabases: this.sweep.status,
    };
  }
}
