import { Inject, Injectable } from '@nestjs/common';
import type { PayloadOf, ReceivedOf, ResponseOf, UsageRow } from '@purser/contracts';
import type { exportUsage, listUsage, usageSettled } from '@purser/contracts';
import { messageTransport } from '@purser/messaging';
import type { MessageTransport } from '@purser/messaging';
import { formatUsd } from '@purser/money';
import { FittingRows } from '../answers/fitting-rows.ts';
import { refuseReversed, spanOf } from '../rollups/span.ts';
import { decodeCursor, encodeCursor } from './usage.cursor.ts';
import type { UsageEventEntity } from './usage-event.entity.ts';
import { UsageChanges } from './usage-changes.ts';
import { UsageRepository } from './usage.repository.ts';

/** The most rows of a page of an export, and the longest span of one. */
const EXPORT_PAGE = 500;
const MAX_EXPORT_DAYS = 366;

/** What was used, attempt by attempt. */
@Injectable()
export class UsageService {
  readonly #repository: UsageRepository;
  readonly #changes: UsageChanges;
  readonly #fitting: FittingRows;

  constructor(
    repository: UsageRepository,
    changes: UsageChanges,
    @Inject(messageTransport) transport: Pick<MessageTransport, 'maxPayloadBytes'>,
  ) {
    this.#repository = repository;
    this.#changes = changes;
    this.#fitting = new FittingRows(transport);
  }

  /** Takes settled attempts in; those that came before change nothing. */
  async take({ records }: PayloadOf<typeof usageSettled>): Promise<void> {
    await this.#repository.take(records);
    this.#changes.note();
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

  /** As many rows of the span as an answer holds, oldest first. */
  async export(query: ReceivedOf<typeof exportUsage>): Promise<ResponseOf<typeof exportUsage>> {
    const { cursor, from: _from, to: _to, ...filters } = query;
    const span = spanOf(query, new Date(), MAX_EXPORT_DAYS);
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const rows = await this.#repository.page({ ...filters, ...span }, after, EXPORT_PAGE + 1, 'oldest first');
    const data = [...this.#fitting.first(rows.slice(0, EXPORT_PAGE).map(toUsageRow))];
    const last = data.length < rows.length ? rows[data.length - 1] : undefined;
    const nextCursor = last ? encodeCursor(last) : null;
    return { from: span.from.toISOString(), to: span.to.toISOString(), data, nextCursor };
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
