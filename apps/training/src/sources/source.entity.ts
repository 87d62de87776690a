import type { Source } from '@purser/contracts';
import { StoredEntity } from '@purser/database';
import { Column, Entity } from 'typeorm';

/** A place that work comes from, with what came of its last sync. Syncs raise its version too. */
@Entity('sources')
export class SourceEntity extends StoredEntity {
  @Column('text')
  kind!: Source['kind'];

  @Column('text')
  path!: string;

  @Column('boolean')
  disabled!: boolean;

  /** What came of the last sync; `new` before the first. */
  @Column('text')
  status!: Exclude<Source['status'], 'syncing'>;

  @Column('jsonb')
  problems!: Source['problems'];

  @Column('integer', { name: 'work_efforts' })
  workEfforts!: number;

  @Column('timestamptz', { name: 'synced_at', nullable: true })
  syncedAt!: Date | null;

  /** When the sync that has begun will be over at the latest, also if its process dies; null when none has. */
  @Column('timestamptz', { name: 'syncing_until', nullable: true })
  syncingUntil!: Date | null;
}
