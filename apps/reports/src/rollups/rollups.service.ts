import { Inject, Injectable } from '@nestjs/common';
import type { LatencyDistribution, ReceivedOf, ResponseOf } from '@purser/contracts';
import type { sumUsage, topUsage, usageDashboard, usageLatency } from '@purser/contracts';
import { invalidField } from '@purser/errors';
import { messageTransport } from '@purser/messaging';
import type { MessageTransport } from '@purser/messaging';
import { Dashboard } from './dashboard.ts';
import { DashboardRepository } from './dashboard.repository.ts';
import { distributionOf, RELATIVE_ERROR } from './histogram.ts';
import { groupOf, RollupsRepository, type Latencies } from './rollups.repository.ts';
import { hourOf, intervalSpanOf, MAX_SUMS, spanOf, type Interval } from './span.ts';
import { partsOf, type Grain } from './span-parts.ts';
import { addUp, shareOf, totalsOf } from './sums.ts';

/** What an answer takes beside its rows: the envelope, the span, the totals. */
const ENVELOPE_BYTES = 2_048;
/** The most groups that latencies are told of. */
const MAX_LATENCY_GROUPS = 1_000;
const COARSEST: Readonly<Record<Interval, Grain>> = { minute: 'row', hour: 'hour', day: 'day' };

/** What usage adds up to: exactly what a sum over its rows would, percentiles of latencies within 2 %. */
@Injectable()
export class RollupsService {
  readonly #rollups: RollupsRepository;
  readonly #dashboard: DashboardRepository;
  readonly #maxAnswerBytes: number;

  constructor(
    rollups: RollupsRepository,
    dashboard: DashboardRepository,
    @Inject(messageTransport) transport: Pick<MessageTransport, 'maxPayloadBytes'>,
  ) {
    this.#rollups = rollups;
    this.#dashboard = dashboard;
    this.#maxAnswerBytes = transport.maxPayloadBytes - ENVELOPE_BYTES;
  }

  async sum(query: ReceivedOf<typeof sumUsage>): Promise<ResponseOf<typeof sumUsage>> {
    const { from: _from, to: _to, interval, groupBy = [], ...scope } = query;
    const span = intervalSpanOf(query, endOfKnown());
    const parts = partsOf(span, COARSEST[interval]);
    const sums = await this.#rollups.byInterval(parts, scope, interval, groupBy, MAX_SUMS + 1);
    const data = sums.map((each) => ({ at: each.at.toISOString(), ...groupOf(each, groupBy), ...totalsOf(each) }));
    if (data.length > MAX_SUMS || !this.#fits(data)) {
      const [field, fewer] = groupBy.length > 0 ? ['groupBy', 'fewer groups, '] : ['interval', ''];
      throw tooMuch(field, `${fewer}longer intervals or a shorter span`);
    }
    return { ...toText(span), interval, totals: totalsOf(addUp(sums)), data };
  }

  async top(query: ReceivedOf<typeof topUsage>): Promise<ResponseOf<typeof topUsage>> {
    const { from: _from, to: _to, dimension, by, limit, ...scope } = query;
    const span = spanOf(query, endOfKnown());
    const { totals, data } = await this.#rollups.top(partsOf(span, 'day'), scope, dimension, by, limit);
    return {
      ...toText(span),
      dimension,
      by,
      totals: totalsOf(totals),
      data: data.map((sums) => ({
        ...groupOf(sums, [dimension]),
        ...totalsOf(sums),
        share: shareOf(sums, totals, by),
      })),
    };
  }

  async latency(query: ReceivedOf<typeof usageLatency>): Promise<ResponseOf<typeof usageLatency>> {
    const { from: _from, to: _to, groupBy = [], ...scope } = query;
    const span = spanOf(query, endOfKnown());
    const groups = await this.#rollups.latencies(partsOf(span, 'day'), scope, groupBy, MAX_LATENCY_GROUPS + 1);
    const data = groups.map((group) => ({ ...groupOf(group, groupBy), ...distributionsOf(group) }));
    if (data.length > MAX_LATENCY_GROUPS || !this.#fits(data))
      throw tooMuch('groupBy', 'fewer groups or a shorter span');
    return { ...toText(span), relativeError: RELATIVE_ERROR, data };
  }

  async dashboard(scope: ReceivedOf<typeof usageDashboard>): Promise<ResponseOf<typeof usageDashboard>> {
    const dashboard = new Dashboard(new Date());
    const sums = await this.#dashboard.read(dashboard.question(), scope);
    const latency = { relativeError: RELATIVE_ERROR, ...distributionsOf(sums.latencies) };
    return { ...dashboard.answer(sums), latency };
  }

  #fits(data: readonly unknown[]): boolean {
    return Buffer.byteLength(JSON.stringify(data)) <= this.#maxAnswerBytes;
  }
}

const NO_LATENCIES: Latencies = {
  ...{ requests: '0', latency_us: '0', first_bytes: '0', first_byte_us: '0' },
  latency: { first: 0, counts: [] },
  firstByte: { first: 0, counts: [] },
};

function distributionsOf(
  latencies: Latencies = NO_LATENCIES,
): Record<'latencyMs' | 'firstByteMs', LatencyDistribution> {
  const { requests, latency_us, first_bytes, first_byte_us, latency, firstByte } = latencies;
  return {
    latencyMs: distributionOf(latency, Number(requests), Number(latency_us)),
    firstByteMs: distributionOf(firstByte, Number(first_bytes), Number(first_byte_us)),
  };
}

/** The end of the running hour, unless another is asked for: nothing is known of what comes after now, and rollups tell it. */
function endOfKnown(): Date {
  return hourOf(new Date()).to;
}

function toText({ from, to }: { from: Date; to: Date }): { from: string; to: string } {
  return { from: from.toISOString(), to: to.toISOString() };
}

function tooMuch(field: string, instead: string) {
  return invalidField(field, `gives more than one answer can hold; ask for ${instead}`);
}
