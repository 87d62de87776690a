import { describe, expect, it } from '@jest/globals';
import { LatencyHistogram } from '../record/latency-histogram.ts';
import { judge, type Judged, type Thresholds } from './thresholds.ts';

const wanted: Thresholds = {
  ...{ maxP95Ms: 100, maxP99Ms: 200, maxErrorShare: 0.01, minThroughputShare: 0.9, maxResidentMb: 300 },
};
const nothing = new LatencyHistogram();
const latency = {
  ...{ count: 100, p50Ms: 10, p90Ms: 50, p95Ms: 100, p99Ms: 200, p999Ms: 300, maxMs: 300, meanMs: 20 },
};
const good: Judged = {
  ...{ latency, errorShare: 0.01, throughputShare: 0.9, memory: [{ name: 'purser', maxMb: 300 }] },
};
const missed = (judged: Judged, thresholds = wanted): string[] =>
  judge(thresholds, judged)
    .filter(({ met }) => !met)
    .map(({ what }) => what);

describe('thresholds', () => {
  it('are met at their very value', () => {
    expect(judge(wanted, good)).toHaveLength(5);
    expect(missed(good)).toEqual([]);
  });

  it.each<[string, Judged]>([
    ['p95, ms', { ...good, latency: { ...latency, p95Ms: 100.1 } }],
    ['p99, ms', { ...good, latency: { ...latency, p99Ms: 200.1 } }],
    ['error rate', { ...good, errorShare: 0.011 }],
    ['throughput, of what was asked for', { ...good, throughputShare: 0.899 }],
    ['resident memory of purser, MB', { ...good, memory: [{ name: 'purser', maxMb: 301 }] }],
  ])('miss %s alone', (what, judged) => {
    expect(missed(judged)).toEqual([what]);
  });

  it('are missed where nothing could be measured', () => {
    const p95Ms = nothing.percentileMs(0.95);
    const judged = { ...good, latency: { ...latency, p95Ms }, memory: [{ name: 'gone', maxMb: undefined }] };
    expect(missed(judged)).toEqual(['p95, ms', 'resident memory of gone, MB']);
    expect(missed({ ...good, memory: [] })).toEqual(['resident memory, MB']);
  });

  it('look only at what was asked for', () => {
    const few = { ...wanted, maxP99Ms: undefined, maxResidentMb: undefined };
    expect(judge(few, { ...good, memory: [] }).map(({ what }) => what)).toEqual([
      ...['p95, ms', 'error rate', 'throughput, of what was asked for'],
    ]);
  });
});
