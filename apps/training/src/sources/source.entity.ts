import type { Source } from '@purser/contracts';
import { StoredEntity } from '@purser/database';
import { Column, Entity } from 'typeorm';

/** A place that work comes from, with what came of its last sync. A sync is no change: the version stays. */
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

  /** Of a repository: `owner/name` as it was given; null for other kinds, as are the next three. */
  @Column('text', { nullable: true })
  repository!: string | null;

  /** Of a repository: where its API is, without a slash at the end. */
  @Column('text', { name: 'base_url', nullable: true })
  baseUrl!: string | null;

  @Column('text', { name: 'sealed_token', nullable: true })
  sealedToken!: string | null;

  @Column('text', { name: 'sealed_webhook_secret', nullable: true })
  sealedWebhookSecret!: string | null;

  /** When it is to be read by itself; null for never. */
  @Column('timestamptz', { name: 'next_sync_at', nullable: true })
  nextSyncAt!: Date | null;

  /** Since when something is known to have changed that only reading all of it shows. */
  @Column('timestamptz', { name: 'stale_since', nullable: true })
  staleSince!: Date | null;
}
