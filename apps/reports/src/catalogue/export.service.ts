import { Inject, Injectable } from '@nestjs/common';
import type { ReceivedOf, ResponseOf, exportCatalogue } from '@purser/contracts';
import { Database } from '@purser/database';
import { messageTransport } from '@purser/messaging';
import type { MessageTransport } from '@purser/messaging';
import { givenFields } from './catalogue.entries.ts';
import { SECTIONS } from './catalogue-file.ts';
import { requireRevision } from './catalogue-pages.ts';
import { CatalogueRepository } from './catalogue.repository.ts';
import { FittingRows } from '../answers/fitting-rows.ts';

/** Entries that are read at once. */
const BATCH = 200;

/** Gives the catalogue as a file, piece by piece. */
@Injectable()
export class ExportService {
  readonly #rows: CatalogueRepository;
  readonly #database: Database;
  readonly #fitting: FittingRows;

  constructor(
    rows: CatalogueRepository,
    database: Database,
    @Inject(messageTransport) transport: Pick<MessageTransport, 'maxPayloadBytes'>,
  ) {
    this.#rows = rows;
    this.#database = database;
    this.#fitting = new FittingRows(transport);
  }

  async revision(): Promise<{ revision: string }> {
    return { revision: await this.#rows.revision() };
  }

  /** @throws DomainError `concurrent_change` where the catalogue is no longer what the asked revision says */
  next(message: ReceivedOf<typeof exportCatalogue>): Promise<ResponseOf<typeof exportCatalogue>> {
    const { kind } = SECTIONS.find(({ section }) => section === message.section)!;
    return this.#database.transaction(
      async () => {
        const revision = await this.#rows.revision();
        requireRevision(message.revision, revision);
        const read = await this.#rows.after(kind, message.after ?? '', BATCH);
        const texts = read.map(({ key, document }) =>
          JSON.stringify({ ...(kind.name === 'metric' ? {} : { id: key }), ...givenFields(kind, document) }),
        );
        const shown = this.#fitting.first(texts);
        const isLast = read.length < BATCH && shown.length === read.length;
        return { revision, rows: shown.join(','), next: isLast ? null : read[shown.length - 1]!.key };
      },
      { isolation: 'REPEATABLE READ' },
    );
  }
}
