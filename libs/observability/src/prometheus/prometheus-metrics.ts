import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { METRIC_DECLARATIONS, type MetricDeclaration } from '../metrics.js';
import { checkedDeclaration } from '../metric-check.js';
import type { Labels, Metrics } from '../ports.js';

/** Metrics that can be scraped. */
export interface PrometheusMetrics extends Metrics {
  /** The exposition text of `/metrics`. */
  text(): Promise<string>;
  readonly contentType: string;
}

export interface PrometheusOptions {
  /** Put on every series: `{ app, instance }`. */
  readonly labels?: Labels;
  /** Also memory, CPU, event loop and GC of the process. Default true; false where several apps share one process. */
  readonly processMetrics?: boolean;
}

/** A registry of its own (several apps may live in one process) with every metric of `METRIC_DECLARATIONS`. */
export function createPrometheusMetrics({
  labels = {},
  processMetrics = true,
}: PrometheusOptions = {}): PrometheusMetrics {
  const registry = new Registry();
  registry.setDefaultLabels({ ...labels });
  if (processMetrics) collectDefaultMetrics({ register: registry });
  return new PrometheusRegistry(registry);
}

class PrometheusRegistry implements PrometheusMetrics {
  private readonly counters = new Map<string, Counter>();
  private readonly gauges = new Map<string, Gauge>();
  private readonly histograms = new Map<string, Histogram>();

  constructor(private readonly registry: Registry) {
    for (const [name, declaration] of Object.entries<MetricDeclaration>(METRIC_DECLARATIONS))
      this.register(name, declaration);
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }

  count(name: string, labels: Labels = {}, by = 1): void {
    checkedDeclaration(name, 'counter', labels);
    this.counters.get(name)!.inc(labels, by);
  }

  gauge(name: string, value: number, labels: Labels = {}): void {
    checkedDeclaration(name, 'gauge', labels);
    this.gauges.get(name)!.set(labels, value);
  }

  observe(name: string, value: number, labels: Labels = {}): void {
    checkedDeclaration(name, 'histogram', labels);
    this.histograms.get(name)!.observe(labels, value);
  }

  private register(name: string, { kind, help, labels, buckets }: MetricDeclaration): void {
    const common = { name, help, labelNames: [...labels], registers: [this.registry] };
    if (kind === 'counter') this.counters.set(name, new Counter(common));
    else if (kind === 'gauge') this.gauges.set(name, new Gauge(common));
    else this.histograms.set(name, new Histogram({ ...common, buckets: [...(buckets ?? [])] }));
  }
}
