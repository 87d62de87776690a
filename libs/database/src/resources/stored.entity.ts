import { Column, PrimaryColumn } from 'typeorm';

/** The columns of {@link StoredEntity}, for the table that a migration makes. */
export const STORED_COLUMNS = `
        id uuid PRIMARY KEY,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        updated_at timestamptz NOT NULL DEFAULT clock_timestamp()`;

/** The columns that every resource has which is created, read, changed and removed by its id. */
export abstract class StoredEntity {
  @PrimaryColumn('uuid')
  id!: string;

  /** 1 at first, one more with each change: the resource's ETag. */
  @Column('integer')
  version!: number;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;
}

/** A resource whose rows are archived, never deleted, since what they did names them. */
export abstract class ArchivableEntity extends StoredEntity {
  @Column('timestamptz', { name: 'archived_at', nullable: true })
  archivedAt!: Date | null;
}

/** What a resource answers with of its stored columns. */
export function storedFields(row: StoredEntity): { id: string; version: number; createdAt: string; updatedAt: string } {
  const { id, version, createdAt, updatedAt } = row;
  return { id, version, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}
