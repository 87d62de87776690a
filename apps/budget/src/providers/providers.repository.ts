import { Injectable } from '@nestjs/common';
import { ArchivableRows, Database } from '@purser/database';
import { ProviderEntity } from './provider.entity.ts';

/** Providers. */
@Injectable()
export class ProvidersRepository {
  readonly rows: ArchivableRows<ProviderEntity>;
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    this.rows = new ArchivableRows(database, ProviderEntity, 'provider');
  }

  /** Whether models still belong to the provider. In: a provider id. */
  async hasModels(id: string): Promise<boolean> {
    const rows = await this.#database.query(
      'SELECT FROM models WHERE provider_id = $1 AND archived_at IS NULL LIMIT 1',
      [id],
    );
    return rows.length > 0;
  }

  /** Whether there was ever a provider, archived ones counted. */
  everHadOne(): Promise<boolean> {
    return this.rows.repository.exists();
  }
}
