import { bigintColumn } from '@purser/database';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A price of a model, in nano-dollars per million tokens. Never changed: a change of price is a new row. */
@Entity('prices')
export class PriceEntity {
  /** The price version that usage rows name. */
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid', { name: 'model_id' })
  modelId!: string;

  @Column('bigint', { name: 'input_nanos_per_million', transformer: bigintColumn })
  inputNanosPerMillion!: bigint;

  @Column('bigint', { name: 'output_nanos_per_million', transformer: bigintColumn })
  outputNanosPerMillion!: bigint;

  /** Null: cached input costs what input costs. */
  @Column('bigint', { name: 'cached_input_nanos_per_million', nullable: true, transformer: bigintColumn })
  cachedInputNanosPerMillion!: bigint | null;
}
