import type { Account } from '@purser/contracts';
import { ArchivableEntity } from '@purser/database';
import { Column, Entity } from 'typeorm';

/** A node of the tree of accounts. */
@Entity('accounts')
export class AccountEntity extends ArchivableEntity {
  @Column('text')
  name!: string;

  @Column('text')
  kind!: string;

  @Column('uuid', { name: 'parent_id', nullable: true })
  parentId!: string | null;

  @Column('text', { name: 'over_budget' })
  overBudget!: Account['overBudget'];

  @Column('jsonb', { nullable: true })
  limits!: Account['limits'];

  @Column('boolean')
  disabled!: boolean;
}
