import { Injectable } from '@nestjs/common';
import { Database } from '@purser/database';
import { StoredRows } from '../resources/stored-rows.ts';
import { RouteEntity } from './route.entity.ts';

/** Routes. */
@Injectable()
export class RoutesRepository {
  readonly rows: StoredRows<RouteEntity>;

  constructor(database: Database) {
    this.rows = new StoredRows(database, RouteEntity, 'route');
  }
}
