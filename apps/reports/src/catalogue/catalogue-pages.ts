import { Inject, Injectable } from '@nestjs/common';
import type { ReceivedOf, ResponseOf, pageDomains } from '@purser/contracts';
import { DomainError } from '@purser/errors';
import { messageTransport } from '@purser/messaging';
import type { MessageTransport } from '@purser/messaging';
import { FittingRows } from '../answers/fitting-rows.ts';
import type { CatalogueKind } from './catalogue-kinds.ts';
import { CatalogueRepository, type EntryPageQuery, type EntryRow } from './catalogue.repository.ts';

type Asked = Pick<ReceivedOf<typeof pageDomains>, 'page' | 'limit' | 'skip' | 'revision'>;

/** What of a kind is shown, and how. */
export interface Listing extends Pick<EntryPageQuery, 'where' | 'also'> {
  /** A field, with `-` in front for descending order. */
  readonly sort: string;
  readonly answer: (row: EntryRow) => unknown;
}

const ORDERS: Readonly<Record<string, string>> = { createdAt: 'created_at', updatedAt: 'updated_at' };

/** Lists of entries that tell more than is stored of them. */
@Injectable()
export class CataloguePages {
  readonly #rows: CatalogueRepository;
  readonly #fitting: FittingRows;

  constructor(
    rows: CatalogueRepository,
    @Inject(messageTransport) transport: Pick<MessageTransport, 'maxPayloadBytes'>,
  ) {
    this.#rows = rows;
    this.#fitting = new FittingRows(transport);
  }

  /** @throws DomainError `concurrent_change` where the catalogue is no longer what the asked revision says */
  async page(
    kind: CatalogueKind,
    { page, limit, skip, revision }: Asked,
    { where, also, sort, answer }: Listing,
  ): Promise<ResponseOf<typeof pageDomains>> {
    const field = sort.replace('-', '');
    const found = await this.#rows.page(kind, {
      ...{ where, also },
      sort: sort.replace(field, ORDERS[field] ?? field),
      limit: limit - skip,
      offset: (page - 1) * limit + skip,
    });
    requireRevision(revision, found.revision);
    const shown = this.#fitting.first(found.rows.map((row) => JSON.stringify(answer(row))));
    return { rows: shown.join(','), count: shown.length, total: found.total, revision: found.revision };
  }
}

/** @throws DomainError `concurrent_change` where what was read is not of the revision that was asked for */
export function requireRevision(asked: string | undefined, read: string): void {
  if (asked === undefined || asked === read) return;
  throw new DomainError('concurrent_change', 'The catalogue was changed while it was read.');
}
