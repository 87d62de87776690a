import type { WorkEffortStatus } from '@purser/contracts';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One piece of work as its source last told of it. */
@Entity('work_efforts')
export class WorkEffortEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'source_id' })
  sourceId!: string;

  @Column('text', { name: 'external_id' })
  externalId!: string;

  @Column('text')
  title!: string;

  @Column('text')
  description!: string;

  @Column('text')
  status!: WorkEffortStatus;

  /** The share of its tickets that are completed, in per cent. */
  @Column('smallint')
  progress!: number;

  @Column('text', { nullable: true })
  branch!: string | null;

  @Column('text', { nullable: true })
  repository!: string | null;

  /** As the source says, as is `updatedAt`. */
  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}
