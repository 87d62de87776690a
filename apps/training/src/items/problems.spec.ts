import { describe, expect, it } from '@jest/globals';
import { orderedProblems } from './problems.ts';

const problem = (path: string) => ({ path, reason: 'is odd' });

describe('orderedProblems', () => {
  it('counts the problems that it does not keep', () => {
    const problems = orderedProblems(['d', 'b', 'a', 'c'].map(problem), 3);
    expect(problems).toEqual([problem('a'), problem('b'), { path: '.', reason: 'has 2 more problems' }]);
  });

  it('counts those too that were left out before', () => {
    const first = orderedProblems(['d', 'b', 'a', 'c'].map(problem), 3);
    const more = (number: number) => ({ path: '.', reason: `has ${number} more problems` });
    expect(orderedProblems(first, 3)).toEqual(first);
    expect(orderedProblems(first, 2)).toEqual([problem('a'), more(3)]);
    expect(orderedProblems([...first, problem('0')], 5)).toEqual([...['0', 'a', 'b'].map(problem), more(2)]);
  });

  it('makes any path one that can be stored, and keeps its end', () => {
    const path = orderedProblems([problem(`\uD800${'x'.repeat(400)}/end.md`)])[0]!.path;
    expect(path).toMatch(/^…x+\/end\.md$/);
    expect(path).toHaveLength(301);
    expect(orderedProblems([problem('a\uD800')])).toEqual([problem('a\uFFFD')]);
  });
});
