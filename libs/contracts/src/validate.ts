import { DomainError } from '@purser/errors';
import type { z } from 'zod';
import { ownMessage, requiring } from './own-message.ts';

/**
 * Checks `value` against `schema` and gives its output (defaults filled in).
 *
 * @throws DomainError `invalid_request`: the message names the first bad field and what is allowed; `details.field` is its
 * path, `details.issues` holds all of them (at most 20).
 */
export function validate<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value, { error: ownMessage, reportInput: true });
  if (result.success) return result.data;
  throw invalidFrom(result.error);
}

/**
 * The domain error for a schema's findings. Parse with an `error` that says what is allowed, and with `reportInput`: that
 * tells a field that is missing from one that is wrong.
 */
export function invalidFrom(error: z.ZodError): DomainError {
  const issues = error.issues.slice(0, 20).map(describeIssue);
  const first = issues[0] ?? { field: 'body', message: 'is not valid' };
  return new DomainError('invalid_request', `${first.field}: ${first.message}`, { field: first.field, issues });
}

function describeIssue(issue: z.core.$ZodIssue): { field: string; message: string } {
  if (issue.code === 'unrecognized_keys') {
    return { field: pathOf([...issue.path, issue.keys[0] ?? '']), message: 'is not a field that is known here' };
  }
  return { field: pathOf(issue.path), message: requiring(issue, issue.message) };
}

function pathOf(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) text += typeof part === 'number' ? `[${part}]` : `${text ? '.' : ''}${String(part)}`;
  return text || 'body';
}
