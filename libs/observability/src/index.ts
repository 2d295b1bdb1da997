export type { Clock, Random } from './clock.js';
export {
  noMetrics,
  RecordingFaultPoints,
  RecordingLog,
  RecordingMetrics,
  silentLog,
} from './memory/recording.js';
export type { LoggedLine } from './memory/recording.js';
export { METRIC_DECLARATIONS } from './metrics.js';
export type { MetricDeclaration, MetricName } from './metrics.js';
export { createLog, LogLevel } from './pino/create-log.js';
export type { LogOptions } from './pino/create-log.js';
export { FAULT_POINTS } from './ports.js';
export type { FaultPoint, FaultPoints, Labels, Log, Metrics } from './ports.js';
export { createPrometheusMetrics } from './prometheus/prometheus-metrics.js';
export type { PrometheusMetrics, PrometheusOptions } from './prometheus/prometheus-metrics.js';
export { checkFaultSetting, faultPointsOf, noFaultPoints } from './system/fault-points.js';
export type { FaultAction, FaultSpec, FaultStrike } from './system/fault-points.js';
export { systemClock } from './system/system-clock.js';
export { systemRandom } from './system/system-random.js';
