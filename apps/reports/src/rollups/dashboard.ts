import type { UsageDashboard } from '@purser/contracts';
import type { DashboardQuestion, DashboardSums } from './dashboard.repository.ts';
import { hourOf, type Span } from './span.ts';
import { partsOf } from './span-parts.ts';
import { addUp, growth, NOTHING, shareOf, totalsOf, type Sums } from './sums.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const TOP = 5;
const RECENT = 'last24Hours';
const RUNNING = 'running';

type Period = keyof UsageDashboard['periods'];

/** The whole hours of a period, and as many before that they are compared with. */
interface PeriodSpans {
  readonly period: Period;
  readonly past: Span;
  readonly before: Span;
}

/**
 * The dashboard's spans at a moment, and what they add up to. All of them are whole hours, the running one among them as
 * far as it is known, so that rollups alone tell them: however many rows there are, none is read. What is past of the
 * running hour has nothing in them that is as long, so only the hours before it are compared.
 */
export class Dashboard {
  readonly #now: Date;
  readonly #running: Span;
  readonly #periods: readonly PeriodSpans[];
  readonly #recent: Span;

  constructor(now: Date) {
    this.#now = now;
    this.#running = hourOf(now);
    const [startMs, endMs] = [this.#running.from.getTime(), this.#running.to.getTime()];
    const since = (period: Period, fromMs: number, lengthMs: number): PeriodSpans => ({
      period,
      past: { from: new Date(fromMs), to: this.#running.from },
      before: { from: new Date(fromMs - lengthMs), to: new Date(startMs - lengthMs) },
    });
    const last = (period: Period, lengthMs: number) => since(period, endMs - lengthMs, lengthMs);
    this.#periods = [
      since('today', Math.floor(startMs / DAY_MS) * DAY_MS, DAY_MS),
      last(RECENT, DAY_MS),
      last('last7Days', 7 * DAY_MS),
      last('last30Days', 30 * DAY_MS),
    ];
    this.#recent = { from: new Date(endMs - DAY_MS), to: this.#running.to };
  }

  question(): DashboardQuestion {
    const labelled = (span: Span, label: string) => partsOf(span, 'day').map((part) => ({ ...part, label }));
    return {
      periods: [
        ...labelled(this.#running, RUNNING),
        ...this.#periods.flatMap(({ period, past, before }) => [
          ...labelled(past, period),
          ...labelled(before, `before ${period}`),
        ]),
      ],
      recent: partsOf(this.#recent, 'hour'),
      top: TOP,
    };
  }

  answer(sums: DashboardSums): Omit<UsageDashboard, 'latency'> {
    return {
      at: this.#now.toISOString(),
      periods: Object.fromEntries(
        this.#periods.map((spans) => [spans.period, this.#period(spans, sums.totals)]),
      ) as UsageDashboard['periods'],
      hours: this.#hours(sums.hours),
      top: this.#top(sums),
    };
  }

  #period({ period, past, before }: PeriodSpans, totals: DashboardSums['totals']): UsageDashboard['periods'][Period] {
    const [now, then] = [totals.get(period) ?? NOTHING, totals.get(`before ${period}`) ?? NOTHING];
    const all = addUp([now, totals.get(RUNNING) ?? NOTHING]);
    return {
      ...spanTotals({ from: past.from, to: this.#running.to }, all),
      before: spanTotals(before, then),
      change: {
        requests: growth(now, then, 'requests'),
        errors: growth(now, then, 'errors'),
        tokens: growth(now, then, 'tokens'),
        costUsd: growth(now, then, 'cost'),
      },
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

  #top({ accounts, providers, models, hours }: DashboardSums): UsageDashboard['top'] {
    const all = addUp(hours);
    const entry = (sums: Sums) => ({ ...totalsOf(sums), share: shareOf(sums, all, 'cost') });
    return {
      accounts: accounts.map((sums) => ({ account: sums.account, ...entry(sums) })),
      providers: providers.map((sums) => ({ provider: sums.provider, ...entry(sums) })),
      models: models.map((sums) => ({ model: sums.model, ...entry(sums) })),
    };
  }
}

function spanTotals({ from, to }: Span, sums: Sums) {
  const totals = totalsOf(sums);
  const errorRate = totals.requests === 0 ? null : totals.errors / totals.requests;
  return { from: from.toISOString(), to: to.toISOString(), ...totals, errorRate };
}
