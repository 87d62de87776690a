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
      '# HELP a_total All of a.',
      '# TYPE a_total counter',
      'a_total{service="shop",kind="x\\"\\\\\\n"} 3',
      '# HELP b B.',
      '# TYPE b gauge',
      'b{service="shop"} 1',
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
    '# HELP used Used.\n# TYPE used gauge\nused{pool="a"} 1\nused{pool="b"} 1\n',
  );
});
