import {
  createLog, createPrometheusMetrics, faultPointsOf, noFaultPoints, systemClock, systemRandom,
  type Clock, type FaultPoints, type Log, type PrometheusMetrics, type Random,
} from '#observability'; // prettier-ignore
import type { Config } from './config/config.js';

/** What an app says, measures and reads time with; what ObservabilityModule.forRoot of `#observability/nest` takes. */
export interface AppObservability {
  readonly log: Log;
  readonly metrics: PrometheusMetrics;
  readonly clock: Clock;
  readonly random: Random;
  readonly faultPoints: FaultPoints;
}

export interface ObservabilityOptions {
  /** Lines for the eye instead of JSON: the all-in-one. */
  readonly pretty?: boolean;
  /** Metrics of the process itself; false where several apps share one. Default true. */
  readonly processMetrics?: boolean;
}

/** The real adapters, as the configuration says. */
export function observabilityOf(config: Config, options: ObservabilityOptions = {}): AppObservability {
  const { app, instanceId, logLevel, faultPoint } = config;
  return {
    log: createLog({
      level: logLevel,
      name: app,
      instance: instanceId,
      format: options.pretty ? 'pretty' : 'json',
    }),
    metrics: createPrometheusMetrics({ processMetrics: options.processMetrics ?? true }),
    clock: systemClock,
    random: systemRandom,
    faultPoints: faultPoint === null ? noFaultPoints : faultPointsOf(faultPoint),
  };
}
