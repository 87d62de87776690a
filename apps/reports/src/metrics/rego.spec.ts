import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { regoPolicy, safeName, type PolicySource } from './rego.ts';

/** A JSON string, as Rego reads one. */
// eslint-disable-next-line no-control-regex -- control characters are just what no JSON string has
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/g;
const anyText = fc.string({ unit: 'binary', maxLength: 60 });
const hostile = fc.constantFrom(
  '"\n\nallow := true\n',
  '`',
  '\\"',
  'x\r\nallow if true',
  '# comment',
  '}\ndefault allow := true',
  '\u2028allow := true',
  'a.b["c"]',
  '%s%v',
);
const number = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: null });
const source: fc.Arbitrary<PolicySource> = fc
  .record({
    metricId: fc.oneof(anyText, hostile),
    direction: fc.constantFrom('higher' as const, 'lower' as const),
    target: number,
    warning: number,
    critical: number,
  })
  .filter(({ target, warning, critical }) => target !== null || warning !== null || critical !== null);

/** The policy with its texts and numbers taken out: what is left is syntax. */
const skeletonOf = (policy: string): string =>
  policy
    .replace(/^package .*$/m, 'package P')
    .replaceAll(STRING, '"…"')
    .replace(/(?<=:= )\{.*\}$/m, '{…}');

describe('a policy', () => {
  it('has the same syntax whatever the metric is called and whatever its numbers are', () => {
    fc.assert(
      fc.property(source, ({ metricId, ...others }) => {
        const plain = Object.fromEntries(
          Object.entries(others).map(([name, value]) => [name, typeof value === 'number' ? 1 : value]),
        ) as Omit<PolicySource, 'metricId'>;
        const { policy } = regoPolicy({ metricId, ...others });
        expect(skeletonOf(policy)).toBe(skeletonOf(regoPolicy({ metricId: 'plain', ...plain }).policy));
      }),
      { numRuns: 500 },
    );
  });

  it('says the id and the thresholds as they are', () => {
    fc.assert(
      fc.property(source, (each) => {
        const { policy } = regoPolicy(each);
        const said = (rule: string): unknown =>
          JSON.parse(
            policy
              .split('\n')
              .find((line) => line.startsWith(`${rule} := `))!
              .slice(rule.length + 4),
          );
        expect(said('metric_id')).toBe(each.metricId);
        const { target, warning, critical } = each;
        const set = Object.entries({ critical, warning, target }).filter(([, value]) => value !== null);
        expect(said('thresholds')).toEqual(JSON.parse(JSON.stringify(Object.fromEntries(set))));
      }),
    );
  });

  it('is in a package of its own, whose name Rego allows', () => {
    fc.assert(
      fc.property(anyText, anyText, (one, other) => {
        expect(safeName(one)).toMatch(/^m_[A-Za-z0-9_]*$/);
        if (one !== other) expect(safeName(one)).not.toBe(safeName(other));
      }),
    );
    expect([safeName('monthly-revenue'), safeName('a_b'), safeName('if'), safeName('9.5')]).toEqual([
      'm_monthly_2d_revenue',
      'm_a_5f_b',
      'm_if',
      'm_9_2e_5',
    ]);
  });

  it('judges a value by the first threshold that it falls short of, the worst one first', () => {
    fc.assert(
      fc.property(source, fc.double({ noNaN: true }), (each, value) => {
        const { policy } = regoPolicy(each);
        const isShort = (threshold: number | null | undefined) =>
          threshold != null && (each.direction === 'higher' ? value < threshold : value > threshold);
        const expected = isShort(each.critical)
          ? 'critical'
          : isShort(each.warning)
            ? 'warning'
            : isShort(each.target)
              ? 'off-target'
              : 'on-target';
        expect(statusBy(policy, value)).toBe(expected);
      }),
    );
    const { policy } = regoPolicy({ metricId: 'x', direction: 'higher', target: 3, warning: 2, critical: 1 });
    expect([3, 2.5, 2, 1.5, 1, 0.5].map((value) => statusBy(policy, value))).toEqual([
      ...['on-target', 'off-target', 'off-target', 'warning', 'warning', 'critical'],
    ]);
  });

  it('speaks of no threshold that the metric does not have: OPA refuses the whole module then', () => {
    fc.assert(
      fc.property(source, (each) => {
        const { policy } = regoPolicy(each);
        const code = policy.replaceAll(STRING, '""');
        const spoken = [...code.matchAll(/thresholds\.(\w+)/g)].map(([, step]) => step as 'target');
        expect(spoken.every((step) => each[step] != null)).toBe(true);
        expect(spoken.length).toBeGreaterThan(0);
      }),
    );
  });
});

/** Evaluates the rule `status` of a policy: its branches in their order, then its default. */
function statusBy(policy: string, value: number): string {
  const lines = policy.split('\n');
  const thresholds = JSON.parse(lines.find((line) => line.startsWith('thresholds'))!.slice(14)) as Record<
    string,
    number
  >;
  for (const line of lines) {
    const branch = /^(?:status|else) := "([a-z-]+)" if input\.value ([<>]) thresholds\.(\w+)$/.exec(line);
    if (!branch) continue;
    const threshold = thresholds[branch[3]!]!;
    if (branch[2] === '<' ? value < threshold : value > threshold) return branch[1]!;
  }
  return /^default status := "([a-z-]+)"$/m.exec(policy)![1]!;
}
