import { Column, PrimaryColumn } from 'typeorm';

/** The columns that every resource of the control plane has. Rows are archived, never deleted: what they did names them. */
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

  @Column('timestamptz', { name: 'archived_at', nullable: true })
  archivedAt!: Date | null;
}

/** What a resource answers with of its stored columns. */
export function storedFields(row: StoredEntity): { id: string; version: number; createdAt: string; updatedAt: string } {
  const { id, version, createdAt, updatedAt } = row;
  return { id, version, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}
