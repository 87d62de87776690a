import { metricInput, validate } from '@purser/contracts';
import type { MetricInput } from '@purser/contracts';
import { setFields } from '@purser/database';

/**
 * A definition with the changes in it, each of which replaces a field or section as a whole; held to all that a new one
 * is held to. A section that is changed to null goes; one that was null before stays.
 *
 * @throws DomainError `invalid_request`
 */
export function withChanges(definition: MetricInput, changes: Readonly<Record<string, unknown>>): MetricInput {
  const isGone = (name: string): boolean => changes[name] === null && isSection(name);
  const changed = Object.entries({ ...definition, ...setFields(changes) }).filter(([name]) => !isGone(name));
  return validate(metricInput, Object.fromEntries(changed));
}

function isSection(name: string): boolean {
  return !Object.hasOwn(metricInput.shape, name);
}
