import { Injectable } from '@nestjs/common';
import { Database } from '@purser/database';
import { StoredRows } from '../resources/stored-rows.ts';
import { KeyEntity } from './key.entity.ts';

/** API keys. */
@Injectable()
export class KeysRepository {
  readonly rows: StoredRows<KeyEntity>;

  constructor(database: Database) {
    this.rows = new StoredRows(database, KeyEntity, 'key');
  }
}
