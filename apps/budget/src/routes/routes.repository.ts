import { Injectable } from '@nestjs/common';
import { ArchivableRows, Database } from '@purser/database';
import { RouteEntity } from './route.entity.ts';

/** Routes. */
@Injectable()
export class RoutesRepository {
  readonly rows: ArchivableRows<RouteEntity>;

  constructor(database: Database) {
    this.rows = new ArchivableRows(database, RouteEntity, 'route');
  }
}
