import type { ApiKey, Role } from '@purser/contracts';
import { ArchivableEntity } from '@purser/database';
import { Column, Entity } from 'typeorm';

/** An API key, without the secret itself. */
@Entity('api_keys')
export class KeyEntity extends ArchivableEntity {
  @Column('uuid', { name: 'account_id' })
  accountId!: string;

  @Column('text')
  name!: string;

  @Column('text')
  role!: Role;

  /** The SHA-256 of the secret, in hexadecimal. */
  @Column('text')
  sha256!: string;

  @Column('text')
  prefix!: string;

  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt!: Date | null;

  @Column('jsonb', { nullable: true })
  limits!: ApiKey['limits'];

  @Column('boolean')
  disabled!: boolean;

  /** The one key that the first start made and that PURSER_ADMIN_KEY replaces. */
  @Column('boolean', { name: 'initial_admin' })
  initialAdmin!: boolean;
}
