import type { z } from 'zod';

type Issue = z.core.$ZodRawIssue;

/** What stands for one of zod's types in "must be …". */
const TYPES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};
const UNITS: Readonly<Record<string, string>> = { string: ' characters', array: ' entries' };

/**
 * What is allowed, for a finding whose schema does not say so itself: begins with `must` or, for a field that is missing,
 * `is required`. To be given to zod as the `error` of a parse.
 */
export function ownMessage(issue: Issue): string {
  return requiring(issue, allowedBy(issue));
}

/** What of a finding tells whether a field is missing. */
interface Finding {
  readonly code?: string | undefined;
  readonly input?: unknown;
  readonly discriminator?: unknown;
}

const REQUIRED = 'is required';
const MISSING_CODES: ReadonlySet<string | undefined> = new Set(['invalid_type', 'invalid_value', 'invalid_union']);

/** What a finding says, whoever worded it, with `is required and` in front where the field is missing. */
export function requiring(issue: Finding, said: string): string {
  const isMissing = MISSING_CODES.has(issue.code) && valueOf(issue) === undefined;
  return isMissing && !said.startsWith(REQUIRED) ? `${REQUIRED} and ${said}` : said;
}

/** What was looked at: of a choice by a field, that field. */
function valueOf({ input, discriminator }: Finding): unknown {
  if (typeof discriminator !== 'string' || typeof input !== 'object' || input === null) return input;
  return (input as Readonly<Record<string, unknown>>)[discriminator];
}

function allowedBy(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return TYPES[issue.expected] ? `must be ${TYPES[issue.expected]}` : 'must be of another type';
    case 'invalid_value':
      return mustBeOneOf(issue.values);
    case 'too_big':
      return bound(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum);
    case 'too_small':
      return bound(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum);
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'invalid_union':
      return oneOfBranches(issue.errors);
    case 'invalid_format':
      return issue.pattern ? `must match ${issue.pattern}` : `must be a text of the form ${issue.format}`;
    default:
      return 'must be of another form';
  }
}

function mustBeOneOf(values: readonly unknown[]): string {
  const texts = values.map((value) => (typeof value === 'string' ? `"${value}"` : String(value)));
  return texts.length === 1 ? `must be ${texts[0]}` : `must be one of ${texts.join(', ')}`;
}

function bound(origin: string, relation: string, limit: number | bigint): string {
  const unit = UNITS[origin];
  return unit ? `must have ${relation} ${limit}${unit}` : `must be ${relation} ${limit}`;
}

/** Of each branch the first finding: together they say every form that is allowed. */
function oneOfBranches(branches: readonly (readonly z.core.$ZodIssue[])[]): string {
  const messages = branches.flatMap(([first]) =>
    first
      ? [
          first.path.length === 0
            ? withoutRequired(first.message)
            : `its ${first.path.join('.')} ${requiring(first, first.message)}`,
        ]
      : [],
  );
  return [...new Set(messages)].join(', or ') || 'must be of another form';
}

/** That a field is required is said once, in front of all its branches. */
function withoutRequired(message: string): string {
  return message.replace(`${REQUIRED} and `, '');
}
