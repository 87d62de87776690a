import { Injectable } from '@nestjs/common';
import { ArchivableRows, Database } from '@purser/database';
import { KeyEntity } from './key.entity.ts';

/** API keys. */
@Injectable()
export class KeysRepository {
  readonly rows: ArchivableRows<KeyEntity>;

  constructor(database: Database) {
    this.rows = new ArchivableRows(database, KeyEntity, 'key');
  }
}
