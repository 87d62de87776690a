import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Dashboard } from './dashboard.ts';
import type { DashboardSums } from './dashboard.repository.ts';
import { NOTHING, type Sums } from './sums.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const anInstant = fc
  .tuple(fc.integer({ min: 0, max: 40 * 24 }), fc.constantFrom(0, 1, 1_800_000, HOUR_MS - 1))
  .map(([hours, ms]) => new Date(Date.parse('2026-02-01T00:00:00Z') + hours * HOUR_MS + ms));
const requests = (count: number): Sums => ({ ...NOTHING, requests: String(count), cost_nanos: String(count) });

function sumsWith(totals: Record<string, Sums>): DashboardSums {
  const lists = { hours: [], accounts: [], providers: [], models: [] };
  return { totals: new Map(Object.entries(totals)), latencies: undefined, ...lists };
}

describe('the dashboard', () => {
  it('reads rollups alone, at whatever moment', () => {
    fc.assert(
      fc.property(anInstant, (now) => {
        const { periods, recent } = new Dashboard(now).question();
        expect([...periods, ...recent].filter(({ grain }) => grain === 'row')).toEqual([]);
        expect(recent.reduce((sum, { from, to }) => sum + to.getTime() - from.getTime(), 0)).toBe(DAY_MS);
      }),
    );
  });

  it('says which hours it sums, and compares as many before as are past', () => {
    fc.assert(
      fc.property(anInstant, (now) => {
        const { at, periods } = new Dashboard(now).answer(sumsWith({}));
        const startMs = Math.floor(now.getTime() / HOUR_MS) * HOUR_MS;
        expect(at).toBe(now.toISOString());
        for (const [period, lengthMs] of [
          ['today', DAY_MS],
          ['last24Hours', DAY_MS],
          ['last7Days', 7 * DAY_MS],
          ['last30Days', 30 * DAY_MS],
        ] as const) {
          const { from, to, before } = periods[period];
          expect(Date.parse(to)).toBe(startMs + HOUR_MS);
          expect(Date.parse(before.from)).toBe(Date.parse(from) - lengthMs);
          expect(Date.parse(before.to)).toBe(startMs - lengthMs);
          if (period !== 'today') expect(Date.parse(to) - Date.parse(from)).toBe(lengthMs);
        }
      }),
    );
  });

  it('takes the running hour into what a period adds up to, not into what it is compared by', () => {
    const now = new Date('2026-03-01T12:34:56.789Z');
    const sums = sumsWith({ today: requests(30), 'before today': requests(20), running: requests(7) });
    expect(new Dashboard(now).answer(sums).periods.today).toMatchObject({
      ...{ from: '2026-03-01T00:00:00.000Z', to: '2026-03-01T13:00:00.000Z', requests: 37 },
      before: { from: '2026-02-28T00:00:00.000Z', to: '2026-02-28T12:00:00.000Z', requests: 20 },
      change: { requests: 0.5, costUsd: 0.5, errors: null },
    });
  });
});
