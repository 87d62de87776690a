import type { ValueTransformer } from 'typeorm';

/**
 * For columns of type `bigint`, which `pg` hands over as strings: `@Column('bigint', { transformer: bigintColumn })`
 * makes the property a `bigint`, nothing lost. `null` stays `null`.
 */
export const bigintColumn: ValueTransformer = Object.freeze({
  to: (value: bigint | null | undefined) => (typeof value === 'bigint' ? value.toString() : value),
  from: (value: string | null | undefined) => (typeof value === 'string' ? BigInt(value) : value),
});
