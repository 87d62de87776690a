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

/** A span up to now, and the one that it is compared with. */
interface PeriodSpans {
  readonly period: Period;
  readonly span: Span;
  readonly before: Span;
}

/** The dashboard's spans at a moment, and what they add up to. */
export class Dashboard {
  readonly #now: Date;
  readonly #periods: readonly PeriodSpans[];

  constructor(now: Date) {
    this.#now = now;
    const back = (ms: number, from = now): Date => new Date(from.getTime() - ms);
    const last = (period: Period, ms: number): PeriodSpans => ({
      ...{ period, span: { from: back(ms), to: now }, before: { from: back(2 * ms), to: back(ms) } },
    });
    const midnight = new Date(Math.floor(now.getTime() / DAY_MS) * DAY_MS);
    this.#periods = [
      {
        period: 'today',
        span: { from: midnight, to: now },
        before: { from: back(DAY_MS, midnight), to: back(DAY_MS) },
      },
      last(RECENT, DAY_MS),
      last('last7Days', 7 * DAY_MS),
      last('last30Days', 30 * DAY_MS),
    ];
  }

  question(): DashboardQuestion {
    const labelled = (span: Span, label: string) => partsOf(span, 'day').map((part) => ({ ...part, label }));
    return {
      periods: this.#periods.flatMap(({ period, span, before }) => [
        ...labelled(span, period),
        ...labelled(before, `before ${period}`),
      ]),
      latenciesOf: RECENT,
      recent: partsOf(this.#recent, 'hour'),
      top: TOP,
    };
  }

  answer(sums: DashboardSums): Omit<UsageDashboard, 'latency'> {
    return {
      at: this.#now.toISOString(),
      periods: Object.fromEntries(
        this.#periods.map((spans) => [spans.period, periodOf(spans, sums.totals)]),
      ) as UsageDashboard['periods'],
      hours: this.#hours(sums.hours),
      top: this.#top(sums),
    };
  }

  get #recent(): Span {
    return { from: new Date(this.#now.getTime() - DAY_MS), to: this.#now };
  }

  #hours(known: DashboardSums['hours']): UsageDashboard['hours'] {
    const byStart = new Map(known.map((sums) => [sums.hour.getTime(), sums]));
    const hours: UsageDashboard['hours'] = [];
    const { from, to } = this.#recent;
    for (let ms = Math.floor(from.getTime() / HOUR_MS) * HOUR_MS; ms < to.getTime(); ms += HOUR_MS) {
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
): UsageDashboard['periods'][Period] {
  const [now, then] = [totals.get(period), totals.get(`before ${period}`)];
  const change = (by: Parameters<typeof growth>[2]) => (now && then ? growth(now, then, by) : null);
  return {
    ...spanTotals(span, now),
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
