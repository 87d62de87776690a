import type { WindowKind } from '@purser/contracts';
import { ArchivableEntity, bigintColumn } from '@purser/database';
import { Column, Entity } from 'typeorm';

/** A limit on what an account and all below it may spend in a window. Its windows are rows of their own. */
@Entity('budgets')
export class BudgetEntity extends ArchivableEntity {
  @Column('uuid', { name: 'account_id' })
  accountId!: string;

  @Column('bigint', { name: 'limit_nanos', transformer: bigintColumn })
  limitNanos!: bigint;

  @Column('text', { name: 'window_kind' })
  windowKind!: WindowKind;

  @Column('text', { name: 'time_zone' })
  timeZone!: string;

  @Column('boolean')
  hard!: boolean;

  /** Only requests to this provider count; null: to any. */
  @Column('uuid', { name: 'filter_provider_id', nullable: true })
  filterProviderId!: string | null;

  /** Only requests to this model count; null: to any. */
  @Column('uuid', { name: 'filter_model_id', nullable: true })
  filterModelId!: string | null;

  @Column('boolean')
  disabled!: boolean;
}
