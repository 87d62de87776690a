import { describe, expect, it } from '@jest/globals';
import { metricInput, validate, type ExpectedDirection } from '@purser/contracts';
import fc from 'fast-check';
import { policyDirection } from './policy-direction.ts';

describe("a policy's direction", () => {
  it.each([
    [{ target: 1 }, 'higher'],
    [{ target: 1, warning: 1, critical: 1 }, 'higher'],
    [{ target: 0, warning: null, critical: 0 }, 'higher'],
    [{ target: 3, warning: 2 }, 'higher'],
    [{ warning: 2, critical: 1 }, 'higher'],
    [{ target: 2, warning: 2, critical: 1 }, 'higher'],
    [{ target: 0, warning: 2 }, 'lower'],
    [{ target: 1, critical: 2 }, 'lower'],
    [{ target: 1, warning: 1, critical: 2 }, 'lower'],
    [{ target: 1, warning: 2, critical: 0 }, undefined],
  ])('is told by the order of %j', (targets, expected) => {
    expect(policyDirection(null, targets)).toBe(expected);
  });

  it.each(['higher', 'increase', 'up', 'maximize'] as const)('is higher where the definition says %s', (said) => {
    expect(policyDirection(said, { target: 1, warning: 2 })).toBe('higher');
  });

  it.each(['lower', 'decrease', 'down', 'minimize'] as const)('is lower where the definition says %s', (said) => {
    expect(policyDirection(said, { target: 2, warning: 1 })).toBe('lower');
  });

  it('that is told is one that the definition could say of its targets', () => {
    const step = fc.option(fc.integer({ min: 0, max: 3 }));
    const least = { metricId: 'm', name: 'M', description: '', category: 'c', tier: 't', businessDomain: 'd' };
    const takes = (expectedDirection: ExpectedDirection, targets: object): boolean => {
      try {
        validate(metricInput, { ...least, definition: { expectedDirection }, targets });
        return true;
      } catch {
        return false;
      }
    };
    fc.assert(
      fc.property(fc.record({ target: step, warning: step, critical: step }), (targets) => {
        const told = policyDirection(undefined, targets);
        if (told !== undefined) expect(takes(told, targets)).toBe(true);
        else expect([takes('up', targets), takes('down', targets)]).toEqual([false, false]);
      }),
    );
  });
});
