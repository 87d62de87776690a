import { ArchivableEntity } from '@purser/database';
import { Column, Entity, JoinColumn, ManyToOne } from 'typeorm';
import { PriceEntity } from './price.entity.ts';

/** A model at a provider. */
@Entity('models')
export class ModelEntity extends ArchivableEntity {
  @Column('uuid', { name: 'provider_id' })
  providerId!: string;

  @Column('text')
  name!: string;

  /** The price in force. */
  @ManyToOne(() => PriceEntity, { eager: true, nullable: false })
  @JoinColumn({ name: 'price_id' })
  price!: PriceEntity;

  @Column('integer', { name: 'max_output_tokens', nullable: true })
  maxOutputTokens!: number | null;

  @Column('integer', { name: 'context_tokens', nullable: true })
  contextTokens!: number | null;

  @Column('boolean', { name: 'reasoning_uncapped' })
  reasoningUncapped!: boolean;

  @Column('integer', { name: 'tool_prompt_tokens' })
  toolPromptTokens!: number;

  @Column('boolean')
  disabled!: boolean;
}
