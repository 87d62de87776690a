import { Injectable } from '@nestjs/common';
import { ArchivableRows, Database } from '@purser/database';
import { v7 as uuidv7 } from 'uuid';
import { ModelEntity } from './model.entity.ts';
import { PriceEntity } from './price.entity.ts';

/** What a million tokens cost. */
export type Prices = Omit<PriceEntity, 'id' | 'modelId'>;

/** Models and their prices. */
@Injectable()
export class ModelsRepository {
  readonly rows: ArchivableRows<ModelEntity>;
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    this.rows = new ArchivableRows(database, ModelEntity, 'model');
  }

  /** Stores a new price version. The model may come later in the same transaction. */
  async insertPrice(modelId: string, prices: Prices): Promise<PriceEntity> {
    const price: PriceEntity = { ...prices, id: uuidv7(), modelId };
    await this.#database.manager.insert(PriceEntity, price);
    return price;
  }

  /** Whether routes still lead to the model. In: a model id. */
  async hasRoutes(id: string): Promise<boolean> {
    const rows = await this.#database.query(
      'SELECT FROM routes WHERE targets @> $1::jsonb AND archived_at IS NULL LIMIT 1',
      [JSON.stringify([{ modelId: id }])],
    );
    return rows.length > 0;
  }
}
