import { expect, it } from '@jest/globals';
import { MetricSources, metricsText } from './metric-families.ts';

it('writes what its sources give, with the labels of all first, and escapes what would end a label', () => {
  const sources = new MetricSources();
  sources.add(() => [
    { name: 'a_total', help: 'All of a.', type: 'counter', samples: [{ labels: { kind: 'x"\\\n' }, value: 3 }] },
    { name: 'none', help: 'Nothing yet.', type: 'gauge', samples: [] },
  ]);
  sources.add(() => [{ name: 'b', help: 'B.', type: 'gauge', samples: [{ labels: {}, value: true }] }]);
  expect(metricsText(sources.families(), { service: 'shop' })).toBe(
    [
      '# HELP purser_a_total All of a.',
      '# TYPE purser_a_total counter',
      'purser_a_total{service="shop",kind="x\\"\\\\\\n"} 3',
      '# HELP purser_b B.',
      '# TYPE purser_b gauge',
      'purser_b{service="shop"} 1',
      '',
    ].join('\n'),
  );
});

it('shows a metric once that several sources have, with the samples of all', () => {
  const sources = new MetricSources();
  for (const pool of ['a', 'b']) {
    sources.add(() => [{ name: 'used', help: 'Used.', type: 'gauge', samples: [{ labels: { pool }, value: 1 }] }]);
  }
  expect(metricsText(sources.families(), {})).toBe(
    '# HELP purser_used Used.\n# TYPE purser_used gauge\npurser_used{pool="a"} 1\npurser_used{pool="b"} 1\n',
  );
});
