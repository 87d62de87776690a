import { Inject, Injectable } from '@nestjs/common';
import type { PayloadOf, ReceivedOf, ResponseOf, UsageRow, UsageSum } from '@purser/contracts';
import type { listUsage, sumUsage, usageSettled } from '@purser/contracts';
import { invalidField } from '@purser/errors';
import { messageTransport } from '@purser/messaging';
import type { MessageTransport } from '@purser/messaging';
import { formatUsd } from '@purser/money';
import { decodeCursor, encodeCursor } from './usage.cursor.ts';
import type { UsageEventEntity } from './usage-event.entity.ts';
import type { UsageGroup } from './usage.repository.ts';
import { UsageRepository } from './usage.repository.ts';
import { MAX_SUMS, refuseReversed, spanOf } from './usage.span.ts';

/** What an answer takes beside its rows: the envelope, the span. */
const ENVELOPE_BYTES = 1_024;

/** What the services have used, attempt by attempt and in sums. */
@Injectable()
export class UsageService {
  readonly #repository: UsageRepository;
  readonly #maxAnswerBytes: number;

  constructor(
    repository: UsageRepository,
    @Inject(messageTransport) transport: Pick<MessageTransport, 'maxPayloadBytes'>,
  ) {
    this.#repository = repository;
    this.#maxAnswerBytes = transport.maxPayloadBytes - ENVELOPE_BYTES;
  }

  /** Takes settled attempts in; those that came before change nothing. */
  take({ records }: PayloadOf<typeof usageSettled>): Promise<void> {
    return this.#repository.insert(records);
  }

  async list(query: ReceivedOf<typeof listUsage>): Promise<ResponseOf<typeof listUsage>> {
    const { cursor, limit, from, to, ...filters } = query;
    const span = {
      from: from === undefined ? undefined : new Date(from),
      to: to === undefined ? undefined : new Date(to),
    };
    refuseReversed(span);
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    // One more than asked for tells whether there is another page.
    const rows = await this.#repository.page({ ...filters, ...span }, after, limit + 1);
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    const nextCursor = last ? encodeCursor(last) : null;
    return { data: rows.slice(0, limit).map(toUsageRow), pagination: { limit, nextCursor } };
  }

  async sum(query: ReceivedOf<typeof sumUsage>): Promise<ResponseOf<typeof sumUsage>> {
    const { interval, groupBy = [], accountId } = query;
    const { from, to } = spanOf(query, new Date());
    const groups = await this.#repository.sums({ from, to, interval, groupBy, accountId }, MAX_SUMS + 1);
    const data = groups.map((group) => toUsageSum(group, groupBy));
    if (data.length > MAX_SUMS || Buffer.byteLength(JSON.stringify(data)) > this.#maxAnswerBytes) {
      const [field, fewer] = groupBy.length > 0 ? ['groupBy', 'fewer groups, '] : ['interval', ''];
      throw invalidField(
        field,
        `gives more than one answer can hold; ask for ${fewer}longer intervals or a shorter span`,
      );
    }
    return { from: from.toISOString(), to: to.toISOString(), interval, data };
  }
}

function toUsageRow(row: UsageEventEntity): UsageRow {
  const { windows: _windows, costNanos, at, inputTokens, outputTokens, cachedInputTokens, ...same } = row;
  return {
    ...same,
    at: at.toISOString(),
    inputTokens: Number(inputTokens),
    outputTokens: Number(outputTokens),
    cachedInputTokens: Number(cachedInputTokens),
    costUsd: formatUsd(costNanos),
  };
}

function toUsageSum(group: UsageGroup, groupBy: readonly (keyof UsageSum & keyof UsageGroup)[]): UsageSum {
  return {
    at: group.at.toISOString(),
    ...Object.fromEntries(groupBy.map((dimension) => [dimension, group[dimension]])),
    requests: Number(group.requests),
    errors: Number(group.errors),
    inputTokens: Number(group.input_tokens),
    outputTokens: Number(group.output_tokens),
    cachedInputTokens: Number(group.cached_input_tokens),
    costUsd: formatUsd(BigInt(group.cost_nanos)),
  };
}
