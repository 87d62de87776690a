import type { UsageDashboard } from '@purser/contracts';
import type { DashboardQuestion, DashboardSums } from './dashboard.repository.ts';
import type { Span } from './span.ts';
import { partsOf } from './span-parts.ts';
import { growth, shareOf, totalsOf, type Sums } from './sums.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const TOP = 5;
const RECENT = 'last24Hours';

type Period = keyof UsageDashboard['periods'];

/** A span up to the end of the running hour, and the one that what is past of it is compared with. */
interface PeriodSpans {
  readonly period: Period;
  readonly span: Span;
  readonly before: Span;
}

/**
 * The dashboard's spans at a moment, and what they add up to. They begin with whole hours and take the running one as far
 * as it is known, so that rollups tell them; rows are read only where what is before ends as far into its hour.
 */
export class Dashboard {
  readonly #now: Date;
  readonly #periods: readonly PeriodSpans[];
  readonly #recent: Span;

  constructor(now: Date) {
    this.#now = now;
    const nowMs = now.getTime();
    const to = new Date((Math.floor(nowMs / HOUR_MS) + 1) * HOUR_MS);
    const since = (period: Period, fromMs: number, lengthMs: number): PeriodSpans => ({
      period,
      span: { from: new Date(fromMs), to },
      before: { from: new Date(fromMs - lengthMs), to: new Date(nowMs - lengthMs) },
    });
    const last = (period: Period, lengthMs: number) => since(period, to.getTime() - lengthMs, lengthMs);
    this.#periods = [
      since('today', Math.floor(nowMs / DAY_MS) * DAY_MS, DAY_MS),
      last(RECENT, DAY_MS),
      last('last7Days', 7 * DAY_MS),
      last('last30Days', 30 * DAY_MS),
    ];
    this.#recent = last(RECENT, DAY_MS).span;
  }

  question(): DashboardQuestion {
    const labelled = (span: Span, label: string) => partsOf(span, 'day').map((part) => ({ ...part, label }));
    return {
      periods: this.#periods.flatMap(({ period, span, before }) => [
        ...labelled(span, period),
        ...labelled(before, `before ${period}`),
      ]),
      recent: partsOf(this.#recent, 'hour'),
      top: TOP,
    };
  }

  answer(sums: DashboardSums): Omit<UsageDashboard, 'latency'> {
    return {
      at: this.#now.toISOString(),
      periods: Object.fromEntries(
        this.#periods.map((spans) => [spans.period, periodOf(spans, sums.totals, this.#now)]),
      ) as UsageDashboard['periods'],
      hours: this.#hours(sums.hours),
      top: this.#top(sums),
    };
  }

  #hours(known: DashboardSums['hours']): UsageDashboard['hours'] {
    const byStart = new Map(known.map((sums) => [sums.hour.getTime(), sums]));
    const hours: UsageDashboard['hours'] = [];
    const { from, to } = this.#recent;
    for (let ms = from.getTime(); ms < to.getTime(); ms += HOUR_MS) {
      hours.push({ at: new Date(ms).toISOString(), ...totalsOf(byStart.get(ms)) });
    }
    return hours;
  }

  #top({ accounts, providers, models, totals }: DashboardSums): UsageDashboard['top'] {
    const all = totals.get(RECENT);
    const entry = (sums: Sums) => ({ ...totalsOf(sums), share: all ? shareOf(sums, all, 'cost') : 0 });
    return {
      accounts: accounts.map((sums) => ({ account: sums.account, ...entry(sums) })),
      providers: providers.map((sums) => ({ provider: sums.provider, ...entry(sums) })),
      models: models.map((sums) => ({ model: sums.model, ...entry(sums) })),
    };
  }
}

function periodOf(
  { period, span, before }: PeriodSpans,
  totals: DashboardSums['totals'],
  at: Date,
): UsageDashboard['periods'][Period] {
  const [now, then] = [totals.get(period), totals.get(`before ${period}`)];
  const change = (by: Parameters<typeof growth>[2]) => (now && then ? growth(now, then, by) : null);
  return {
    ...spanTotals({ from: span.from, to: at }, now),
    before: spanTotals(before, then),
    change: {
      requests: change('requests'),
      errors: change('errors'),
      tokens: change('tokens'),
      costUsd: change('cost'),
    },
  };
}

function spanTotals({ from, to }: Span, sums: Sums | undefined) {
  const totals = totalsOf(sums);
  const errorRate = totals.requests === 0 ? null : totals.errors / totals.requests;
  return { from: from.toISOString(), to: to.toISOString(), ...totals, errorRate };
}
