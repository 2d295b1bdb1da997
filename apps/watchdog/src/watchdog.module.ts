import { type DynamicModule, Module } from '@nestjs/common';
import type { DriverProcess } from '#service';
import type { DeadParticipantSweep } from './participants/dead-participant-sweep.js';
import { StatusController } from './status/status.controller.js';
import { StatusService } from './status/status.service.js';
import { DRIVER, SWEEP } from './tokens.js';

/** The HTTP side of a watchdog: it only tells. */
@Module({ controllers: [StatusController], providers: [StatusService] })
export class WatchdogModule {
  static over(driver: DriverProcess, sweep: DeadParticipantSweep): DynamicModule {
    return {
      module: WatchdogModule,
      providers: [
        { provide: DRIVER, useValue: driver },
        { provide: SWEEP, useValue: sweep },
      ],
    };
  }
}
