import type { Provider } from '@purser/contracts';
import { ArchivableEntity } from '@purser/database';
import { Column, Entity } from 'typeorm';

/** A place that models are called at. */
@Entity('providers')
export class ProviderEntity extends ArchivableEntity {
  @Column('text')
  name!: string;

  @Column('text')
  kind!: Provider['kind'];

  @Column('text', { name: 'base_url' })
  baseUrl!: string;

  /** Sealed under the master key, as `provider.apiKey`. */
  @Column('text', { name: 'sealed_api_key', nullable: true })
  sealedApiKey!: string | null;

  @Column('integer')
  concurrency!: number;

  @Column('jsonb', { nullable: true })
  limits!: Provider['limits'];

  @Column('text', { name: 'cancelled_streams' })
  cancelledStreams!: Provider['cancelledStreams'];

  @Column('boolean')
  simulated!: boolean;

  @Column('boolean')
  disabled!: boolean;

  /** Registered from a variable such as OPENAI_API_KEY, which keeps it up to date at each start. */
  @Column('boolean', { name: 'from_environment' })
  fromEnvironment!: boolean;
}
