import { metricInput, validate } from '@purser/contracts';
import type { MetricInput } from '@purser/contracts';
import { setFields } from '@purser/database';

/** A definition without the sections that are null: they are not there. */
export function withoutNullSections(given: MetricInput): MetricInput {
  const known = metricInput.shape;
  return Object.fromEntries(
    Object.entries(given).filter(([name, value]) => value !== null || Object.hasOwn(known, name)),
  ) as MetricInput;
}

/**
 * A definition with the changes in it, each of which replaces a field or section as a whole; held to all that a new one
 * is held to. A null section goes.
 *
 * @throws DomainError `invalid_request`
 */
export function withChanges(definition: MetricInput, changes: Readonly<Record<string, unknown>>): MetricInput {
  return withoutNullSections(validate(metricInput, { ...definition, ...setFields(changes) }));
}
