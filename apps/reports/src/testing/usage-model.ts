import type { SettledUsage, UsageDimension, UsageTotals } from '@purser/contracts';
import { formatUsd } from '@purser/money';

/** The naive sums over attempts that reports are held to. */
export function totalsOf(attempts: readonly SettledUsage[]): UsageTotals {
  const sum = (of: (attempt: SettledUsage) => number) => attempts.reduce((total, attempt) => total + of(attempt), 0);
  return {
    requests: attempts.length,
    errors: sum(({ reason }) => (['ok', 'no-usage', 'client-gone'].includes(reason) ? 0 : 1)),
    estimated: sum(({ estimated }) => Number(estimated)),
    overruns: sum(({ overrun }) => Number(overrun)),
    inputTokens: sum(({ usage }) => usage.inputTokens),
    outputTokens: sum(({ usage }) => usage.outputTokens),
    cachedInputTokens: sum(({ usage }) => usage.cachedInputTokens),
    costUsd: formatUsd(attempts.reduce((total, { cost }) => total + BigInt(cost), 0n)),
  };
}

const FIELDS: Readonly<Record<UsageDimension, keyof SettledUsage>> = {
  account: 'accountId',
  key: 'keyId',
  provider: 'provider',
  model: 'model',
  route: 'route',
};

/** The attempts by the values of these dimensions. */
export function grouped(
  attempts: readonly SettledUsage[],
  groupBy: readonly UsageDimension[],
): { group: Partial<Record<UsageDimension, string>>; members: SettledUsage[] }[] {
  const groups = Map.groupBy(attempts, (attempt) => JSON.stringify(groupBy.map((d) => attempt[FIELDS[d]])));
  return [...groups].map(([name, members]) => {
    const values = JSON.parse(name) as string[];
    return { group: Object.fromEntries(groupBy.map((dimension, n) => [dimension, values[n]])), members };
  });
}

/** The attempts of a span: `from` is in it, `to` is not. */
export function within(attempts: readonly SettledUsage[], span: { from: string; to: string }): SettledUsage[] {
  const [from, to] = [Date.parse(span.from), Date.parse(span.to)];
  return attempts.filter(({ at }) => Date.parse(at) >= from && Date.parse(at) < to);
}

const LENGTH_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** What a report by interval and group has to say. Compare it with the answer in any one order. */
export function sumsOf(
  attempts: readonly SettledUsage[],
  interval: keyof typeof LENGTH_MS,
  groupBy: readonly UsageDimension[],
) {
  const lengthMs = LENGTH_MS[interval];
  const intervals = Map.groupBy(attempts, ({ at }) => Math.floor(Date.parse(at) / lengthMs) * lengthMs);
  return [...intervals].flatMap(([ms, members]) =>
    grouped(members, groupBy).map(({ group, members }) => ({
      at: new Date(ms).toISOString(),
      ...group,
      ...totalsOf(members),
    })),
  );
}
