import { describe, expect, it } from '@jest/globals';
import { RecordingMetrics } from '../memory/recording.js';
import type { Metrics } from '../ports.js';
import { createPrometheusMetrics } from './prometheus-metrics.js';

const adapters: [string, () => Metrics][] = [
  ['prometheus', () => createPrometheusMetrics({ processMetrics: false })],
  ['recording', () => new RecordingMetrics()],
];

describe.each(adapters)('metrics (%s)', (_name, create) => {
  it('takes what is declared', () => {
    const metrics = create();
    metrics.count('concordat_votes_total', { participant: 'payments', vote: 'YES' }, 3);
    metrics.gauge('concordat_inflight', 7);
    metrics.observe('concordat_batch_size', 64, { stage: 'decide' });
  });

  it.each<[string, (metrics: Metrics) => void]>([
    ['an unknown name', (metrics) => metrics.count('concordat_nothing_total')],
    [
      'another kind',
      (metrics) => metrics.gauge('concordat_votes_total', 1, { participant: 'a', vote: 'NO' }),
    ],
    ['a missing label', (metrics) => metrics.count('concordat_votes_total', { vote: 'NO' })],
    ['a label too many', (metrics) => metrics.gauge('concordat_inflight', 1, { app: 'a' })],
  ])('refuses %s', (_case, misuse) => {
    const metrics = create();
    expect(() => misuse(metrics)).toThrow(TypeError);
  });
});

it('shows every series with the labels of the app', async () => {
  const metrics = createPrometheusMetrics({ labels: { app: 'coordinator' }, processMetrics: false });
  metrics.count('concordat_votes_total', { participant: 'payments', vote: 'YES' }, 3);
  const text = await metrics.text();
  expect(text).toContain('concordat_votes_total{participant="payments",vote="YES",app="coordinator"} 3');
  expect(text).toContain('# TYPE concordat_transaction_duration_seconds histogram');
});

it('two apps in one process count apart', async () => {
  const [one, two] = [createPrometheusMetrics(), createPrometheusMetrics()];
  one.gauge('concordat_inflight', 5);
  expect(await one.text()).toContain('concordat_inflight 5');
  expect(await two.text()).toContain('concordat_inflight 0');
});
