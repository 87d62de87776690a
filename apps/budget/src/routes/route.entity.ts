import type { Route } from '@purser/contracts';
import { Column, Entity } from 'typeorm';
import { StoredEntity } from '../resources/stored.entity.ts';

/** A name that clients send as `model`, and where their requests go. */
@Entity('routes')
export class RouteEntity extends StoredEntity {
  @Column('text')
  name!: string;

  @Column('text')
  strategy!: Route['strategy'];

  /** In the order in which they are tried. */
  @Column('jsonb')
  targets!: Route['targets'];

  @Column('integer', { name: 'default_max_tokens', nullable: true })
  defaultMaxTokens!: number | null;

  @Column('boolean')
  disabled!: boolean;
}
