import type { UsageMeasure, UsageTotals } from '@purser/contracts';
import { formatUsd } from '@purser/money';

/** Sums over attempts as the database gives them: text of whole numbers. */
export interface Sums {
  readonly requests: string;
  readonly errors: string;
  readonly estimated: string;
  readonly overruns: string;
  readonly input_tokens: string;
  readonly output_tokens: string;
  readonly cached_input_tokens: string;
  readonly cost_nanos: string;
}

export const NOTHING: Sums = {
  requests: '0',
  errors: '0',
  estimated: '0',
  overruns: '0',
  input_tokens: '0',
  output_tokens: '0',
  cached_input_tokens: '0',
  cost_nanos: '0',
};
const names = Object.keys(NOTHING) as (keyof Sums)[];

/** The sums as they are answered. */
export function totalsOf(sums: Sums = NOTHING): UsageTotals {
  return {
    requests: Number(sums.requests),
    errors: Number(sums.errors),
    estimated: Number(sums.estimated),
    overruns: Number(sums.overruns),
    inputTokens: Number(sums.input_tokens),
    outputTokens: Number(sums.output_tokens),
    cachedInputTokens: Number(sums.cached_input_tokens),
    costUsd: formatUsd(BigInt(sums.cost_nanos)),
  };
}

/** What all of them add up to, exactly. */
export function addUp(all: readonly Sums[]): Sums {
  const total = (name: keyof Sums) => String(all.reduce((sum, each) => sum + BigInt(each[name]), 0n));
  return Object.fromEntries(names.map((name) => [name, total(name)])) as unknown as Sums;
}

/** One measure of the sums, as a number. */
export function measured(sums: Sums, by: UsageMeasure): number {
  switch (by) {
    case 'cost':
      return Number(sums.cost_nanos);
    case 'requests':
      return Number(sums.requests);
    case 'tokens':
      return Number(sums.input_tokens) + Number(sums.output_tokens);
    case 'errors':
      return Number(sums.errors);
  }
}

/** What part of `whole` it is, by one measure; 0 where there is nothing. */
export function shareOf(part: Sums, whole: Sums, by: UsageMeasure): number {
  const total = measured(whole, by);
  return total === 0 ? 0 : measured(part, by) / total;
}

/** How much `after` is above `before`, as a part of it; null where there was nothing. */
export function growth(after: Sums, before: Sums, by: UsageMeasure): number | null {
  const then = measured(before, by);
  return then === 0 ? null : (measured(after, by) - then) / then;
}
