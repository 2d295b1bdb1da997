import { Global, Module, type DynamicModule } from '@nestjs/common';
import type { Clock, FaultPoints, Log, Metrics, Random } from '../index.js';

/** Injection tokens of the ports: `@Inject(LOG) private readonly log: Log`. */
export const LOG = Symbol('concordat.log');
export const METRICS = Symbol('concordat.metrics');
export const CLOCK = Symbol('concordat.clock');
export const RANDOM = Symbol('concordat.random');
export const FAULTS = Symbol('concordat.fault-points');

/** What an app says and measures with. */
export interface Observability {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly random: Random;
  readonly faultPoints: FaultPoints;
}

/** Makes the ports injectable everywhere in one app. */
@Global()
@Module({})
export class ObservabilityModule {
  static forRoot({ log, metrics, clock, random, faultPoints }: Observability): DynamicModule {
    const providers = [
      { provide: LOG, useValue: log },
      { provide: METRICS, useValue: metrics },
      { provide: CLOCK, useValue: clock },
      { provide: RANDOM, useValue: random },
      { provide: FAULTS, useValue: faultPoints },
    ];
    return { module: ObservabilityModule, providers, exports: providers.map(({ provide }) => provide) };
  }
}
