import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sumUsage, topUsage, usageDimensions, usageSettled } from '@purser/contracts';
import type { SettledUsage, UsageDimension, UsageMeasure } from '@purser/contracts';
import { newEvent } from '@purser/messaging';
import { settledAttempt, testDatabase, type TestDatabase } from '@purser/testing';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { migrations } from '../migrations/index.ts';
import { startTestReports, type TestReports } from '../testing/start-test-reports.ts';
import { grouped, sumsOf, totalsOf, within } from '../testing/usage-model.ts';

const HOUR_MS = 3_600_000;
const start = Date.parse('2026-02-27T00:00:00Z');
const spanMs = 4 * 24 * HOUR_MS;
const accounts = [uuidv7(), uuidv7(), uuidv7()];
const keys = [uuidv7(), uuidv7()];

// Instants on both sides of what hours and days begin with are as likely as all others together.
const offset = fc.oneof(
  fc.integer({ min: 0, max: spanMs - 1 }),
  fc
    .tuple(fc.integer({ min: 0, max: spanMs / HOUR_MS - 1 }), fc.constantFrom(-1, 0, 1))
    .map(([h, ms]) => Math.max(0, h * HOUR_MS + ms)),
);
const anAttempt = fc
  .record({
    offsetMs: offset,
    accountId: fc.constantFrom(...accounts),
    keyId: fc.constantFrom(...keys),
    provider: fc.constantFrom('one', 'two'),
    model: fc.constantFrom('a', 'a/b', 'ä "quoted"'),
    route: fc.constantFrom('default', 'fast'),
    reason: fc.constantFrom('ok', 'cut', 'client-gone', 'no-usage', 'timeout'),
    estimated: fc.boolean(),
    overrun: fc.boolean(),
    cost: fc.bigInt({ min: 0n, max: 10n ** 18n }).map(String),
    tokens: fc.nat(1_000_000),
    firstByteMs: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })),
  })
  .map(({ offsetMs, tokens, ...fields }) =>
    settledAttempt({
      ...(fields as Partial<SettledUsage>),
      at: new Date(start + offsetMs).toISOString(),
      usage: { inputTokens: tokens, outputTokens: tokens % 1_013, cachedInputTokens: tokens % 7 },
    }),
  );
const aSpan = fc
  .tuple(offset, offset)
  .filter(([a, b]) => a !== b)
  .map(([a, b]) => ({
    from: new Date(start + Math.min(a, b)).toISOString(),
    to: new Date(start + Math.max(a, b)).toISOString(),
  }));
const someDimensions = fc.subarray([...usageDimensions]);

let own: TestDatabase;
let service: TestReports;
let attempts: SettledUsage[];

beforeAll(async () => {
  own = await testDatabase({ migrations, schema: 'reports' });
  service = await startTestReports({ DATABASE_URL: own.url });
  attempts = fc.sample(anAttempt, { numRuns: 1_500, seed: 20_260_227 });
  // Late, doubled and out of order: in batches of one order, and overlapping ones of another.
  const shuffled = attempts.toSorted((a, b) => (a.requestId.slice(-2) < b.requestId.slice(-2) ? -1 : 1));
  const batches = [...slices(attempts, 200), ...slices(shuffled, 170)];
  const events = batches.map((records) => newEvent(usageSettled, { batchId: uuidv7(), records }));
  await Promise.all([service.events.publish(events.slice(0, 9)), service.events.publish(events.slice(5))]);
});
afterAll(async () => {
  await service?.stop();
  await own?.drop();
});

const slices = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size));
const inOneOrder = (rows: readonly object[]) =>
  rows.map((row) => JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)))).sort();
const runs = { numRuns: 60, seed: 7 };

interface Filter {
  readonly accountId?: string;
  readonly model?: string;
}
const aFilter = fc.record(
  { accountId: fc.constantFrom(...accounts), model: fc.constantFrom('a', 'a/b', 'none') },
  { requiredKeys: [] },
) as fc.Arbitrary<Filter>;
const aVisibility = fc.option(fc.subarray(accounts), { nil: undefined });

function asked(span: { from: string; to: string }, filter: Filter, visibleTo: readonly string[] | undefined) {
  return within(attempts, span).filter(
    (each) =>
      (filter.accountId === undefined || each.accountId === filter.accountId) &&
      (filter.model === undefined || each.model === filter.model) &&
      (visibleTo === undefined || visibleTo.includes(each.accountId)),
  );
}

describe('for any events and any span', () => {
  it('usage by hour and day is what a sum over the rows is, to the nano-dollar', async () => {
    await fc.assert(
      fc.asyncProperty(
        ...([aSpan, fc.constantFrom('hour' as const, 'day' as const), someDimensions, aFilter, aVisibility] as const),
        async (span, interval, groupBy, filter, visibleTo) => {
          const groups = groupBy.length > 0 ? { groupBy: groupBy.join(',') } : {};
          const answer = await service.client.request(sumUsage, { ...span, interval, ...groups, ...filter, visibleTo });
          const rows = asked(span, filter, visibleTo);
          expect(inOneOrder(answer.data)).toEqual(inOneOrder(sumsOf(rows, interval, groupBy)));
          expect(answer.totals).toEqual(totalsOf(rows));
        },
      ),
      runs,
    );
  });

  it('usage by minute is, too', async () => {
    const span = { from: '2026-02-27T23:30:00.001Z', to: '2026-02-28T11:00:00Z' };
    const answer = await service.client.request(sumUsage, { ...span, interval: 'minute', groupBy: 'model' });
    expect(inOneOrder(answer.data)).toEqual(inOneOrder(sumsOf(within(attempts, span), 'minute', ['model'])));
  });

  it('who uses most is told in order, with the totals of all', async () => {
    const measure: Record<UsageMeasure, (rows: SettledUsage[]) => bigint> = {
      cost: (rows) => rows.reduce((sum, { cost }) => sum + BigInt(cost), 0n),
      requests: (rows) => BigInt(rows.length),
      tokens: (rows) => BigInt(totalsOf(rows).inputTokens + totalsOf(rows).outputTokens),
      errors: (rows) => BigInt(totalsOf(rows).errors),
    };
    await fc.assert(
      fc.asyncProperty(
        ...([aSpan, fc.constantFrom(...usageDimensions), fc.constantFrom(...Object.keys(measure)), aFilter] as const),
        fc.integer({ min: 1, max: 4 }),
        aVisibility,
        async (span, dimension: UsageDimension, name, filter, limit, visibleTo) => {
          const by = name as UsageMeasure;
          const answer = await service.client.request(topUsage, {
            ...span,
            dimension,
            by,
            limit,
            ...filter,
            visibleTo,
          });
          const rows = asked(span, filter, visibleTo);
          const ranked = grouped(rows, [dimension])
            .map(({ group, members }) => ({ name: String(group[dimension]), amount: measure[by](members), members }))
            .sort((a, b) => (a.amount === b.amount ? (a.name < b.name ? -1 : 1) : a.amount > b.amount ? -1 : 1));
          const shown = ranked.slice(0, limit);
          expect(answer.data.map(({ share: _, ...same }) => same)).toEqual(
            shown.map((each) => ({ [dimension]: each.name, ...totalsOf(each.members) })),
          );
          const total = Number(measure[by](rows));
          answer.data.forEach(({ share }, n) =>
            expect(share).toBeCloseTo(total === 0 ? 0 : Number(shown[n]!.amount) / total, 9),
          );
          expect(answer.totals).toEqual(totalsOf(rows));
        },
      ),
      runs,
    );
  });
});

it('the rollups are what the rows add up to', async () => {
  const rows = await service.database.query(
    'SELECT grain, sum(requests) AS requests, sum(cost_nanos) AS nanos FROM usage_rollups GROUP BY grain ORDER BY grain',
  );
  const nanos = String(attempts.reduce((sum, { cost }) => sum + BigInt(cost), 0n));
  const requests = String(attempts.length);
  expect(rows).toEqual([
    { grain: 'day', requests, nanos },
    { grain: 'hour', requests, nanos },
  ]);
});
