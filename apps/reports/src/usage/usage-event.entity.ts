import type { AttemptReason, CacheOutcome } from '@purser/contracts';
import { bigintColumn } from '@purser/database';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One attempt that reached a provider, or one hit of the answer cache, as it was settled. Never changed once it is there. */
@Entity('usage_events')
export class UsageEventEntity {
  /** The attempt's usage id: what makes a second delivery of its event harmless. */
  @PrimaryColumn('uuid')
  id!: string;

  /** When the attempt opened, to the millisecond. */
  @Column('timestamptz')
  at!: Date;

  @Column('uuid', { name: 'account_id' })
  accountId!: string;

  @Column('uuid', { name: 'key_id' })
  keyId!: string;

  @Column('text', { name: 'request_id' })
  requestId!: string;

  @Column('smallint')
  attempt!: number;

  @Column('text')
  provider!: string;

  @Column('text')
  model!: string;

  @Column('text')
  route!: string;

  /** The HTTP status that the provider answered; 0 where it answered none. */
  @Column('smallint')
  status!: number;

  @Column('text')
  reason!: AttemptReason;

  @Column('text')
  cache!: CacheOutcome;

  @Column('bigint', { name: 'input_tokens', transformer: bigintColumn })
  inputTokens!: bigint;

  @Column('bigint', { name: 'output_tokens', transformer: bigintColumn })
  outputTokens!: bigint;

  @Column('bigint', { name: 'cached_input_tokens', transformer: bigintColumn })
  cachedInputTokens!: bigint;

  @Column('bigint', { name: 'cost_nanos', transformer: bigintColumn })
  costNanos!: bigint;

  @Column('text', { name: 'price_version' })
  priceVersion!: string;

  @Column('boolean')
  estimated!: boolean;

  @Column('boolean')
  overrun!: boolean;

  @Column('double precision', { name: 'latency_ms' })
  latencyMs!: number;

  @Column('double precision', { name: 'first_byte_ms', nullable: true })
  firstByteMs!: number | null;

  /** The budget windows that paid. */
  @Column('uuid', { array: true })
  windows!: string[];
}
