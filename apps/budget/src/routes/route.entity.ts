import type { Route } from '@purser/contracts';
import { ArchivableEntity } from '@purser/database';
import { Column, Entity } from 'typeorm';

/** A name that clients send as `model`, and where their requests go. */
@Entity('routes')
export class RouteEntity extends ArchivableEntity {
  @Column('text')
  name!: string;

  @Column('text')
  strategy!: Route['strategy'];

  /** In the order in which they are tried. */
  @Column('jsonb')
  targets!: Route['targets'];

  @Column('integer', { name: 'default_max_tokens', nullable: true })
  defaultMaxTokens!: number | null;

  @Column('jsonb', { nullable: true })
  cache!: Route['cache'];

  @Column('boolean')
  disabled!: boolean;
}
