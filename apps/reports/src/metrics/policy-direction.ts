import { betterDirection, type BetterDirection, type ExpectedDirection, type MetricTargets } from '@purser/contracts';

/**
 * The direction that a definition says or, where it says none, the one in which its thresholds get better from critical
 * over warning to target; `higher` where no two of them differ. None where they go both up and down.
 */
export function policyDirection(
  said: ExpectedDirection | null | undefined,
  { target, warning, critical }: MetricTargets,
): BetterDirection | undefined {
  if (said) return betterDirection(said);
  const steps = [critical, warning, target].filter((step) => step != null);
  const rises = steps.some((step, index) => index > 0 && step > steps[index - 1]!);
  const falls = steps.some((step, index) => index > 0 && step < steps[index - 1]!);
  if (rises && falls) return undefined;
  return falls ? 'lower' : 'higher';
}
