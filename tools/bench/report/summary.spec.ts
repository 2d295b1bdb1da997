import { describe, expect, it } from '@jest/globals';
import type { Sample } from '../run.js';
import { spreadOf, summarize } from './summary.js';

const sample = (contender: string, round: number, committed: number): Sample => ({
  contender,
  floor: contender === 'ours' ? 'floor' : undefined,
  x: 16,
  round,
  result: {
    seconds: 10,
    endings: { committed, aborted: 0, overloaded: 0, late: 0 },
    latency: { p50Ms: 1, p95Ms: 2, p99Ms: 3, maxMs: 4 },
  },
  cost: {
    cpuSeconds: { postgres: 1 },
    commits: 2 * committed,
    statements: 0,
    statementCounts: [],
    walBytes: 0,
    walPageImages: 0,
    walSyncs: 0,
    records: 8 * committed,
    recordsByTopic: {},
    residentBytes: { coordinator: committed * 1024 * 1024 },
  },
});

describe('a summary', () => {
  it('holds a contender against the floor of the same round, not of the best one', () => {
    const samples = [
      sample('ours', 1, 50),
      sample('floor', 1, 100),
      sample('ours', 2, 90),
      sample('floor', 2, 100),
    ];

    const rows = summarize(samples);

    expect(rows.find(({ contender }) => contender === 'ours')?.ofFloor).toEqual({
      median: 0.7,
      min: 0.5,
      max: 0.9,
    });
    expect(rows.find(({ contender }) => contender === 'floor')?.ofFloor).toBeUndefined();
  });

  it('counts costs per committed transaction of all rounds', () => {
    const [row] = summarize([sample('ours', 1, 50), sample('ours', 2, 150)]);

    expect(row?.perTransaction).toMatchObject({ commits: 2, records: 8, cpuUs: { postgres: 10_000 } });
    expect(row?.residentMib).toEqual({ coordinator: 150 });
    expect(row?.throughput).toEqual({ median: 10, min: 5, max: 15 });
  });
});

describe('a spread', () => {
  it('has the mean of the two middle values as its median', () => {
    expect(spreadOf([4, 1, 2, 10])).toEqual({ median: 3, min: 1, max: 10 });
  });
});
