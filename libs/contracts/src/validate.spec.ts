import { describe, expect, it } from '@jest/globals';
import { DomainError } from '@purser/errors';
import { z } from 'zod';
import { label } from './scalars.ts';
import {
  accounts,
  apiKeys,
  budgets,
  catalogueEntries,
  domainInput,
  metricInput,
  models,
  objectiveInput,
} from './index.ts';
import { providerInput, routes, source, sources, validate } from './index.ts';

interface Finding {
  readonly field: string;
  readonly message: string;
}

/** What is said of each field of a value that is refused; nothing of one that is taken. */
function findings(schema: z.ZodType, value: unknown): readonly Finding[] {
  try {
    validate(schema, value);
    return [];
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return error.details['issues'] as Finding[];
  }
}

describe('a finding', () => {
  const EITHER = 'is required and must be a colour, or must be a list';
  const WITHIN = 'its a is required and must be a string of 1 to 200 characters, or must be null';
  const nested = z.union([z.object({ a: z.string() }), z.object({ b: z.number() })]);
  it.each<[string, z.ZodType, unknown, string]>([
    ['a missing text', z.string(), undefined, 'is required and must be a string'],
    ['a missing choice', z.enum(['a', 'b']), undefined, 'is required and must be one of "a", "b"'],
    ['a missing label', label, undefined, 'is required and must be a string of 1 to 200 characters'],
    [
      'a missing text with its own wording',
      z.string('must be a colour'),
      undefined,
      'is required and must be a colour',
    ],
    ['a missing one of two', z.union([z.string('must be a colour'), z.array(z.int())]), undefined, EITHER],
    ['a missing one in one of two', z.union([z.object({ a: label }), z.null()]), {}, WITHIN],
    ['no text', z.string(), 1, 'must be a string'],
    ['no number', z.number(), 'x', 'must be a number'],
    ['no finite number', z.number(), Number.NaN, 'must be a number'],
    ['no whole number', z.int(), 1.5, 'must be a whole number'],
    ['no boolean', z.boolean(), 'yes', 'must be true or false'],
    ['no list', z.array(z.string()), {}, 'must be a list'],
    ['no object', z.object({}), [], 'must be an object'],
    ['null', z.string(), null, 'must be a string'],
    ['no choice', z.enum(['a', 'b']), 'c', 'must be one of "a", "b"'],
    ['another literal', z.literal('a'), 'b', 'must be "a"'],
    ['a long text', z.string().max(2), 'abc', 'must have at most 2 characters'],
    ['a short text', z.string().min(2), 'a', 'must have at least 2 characters'],
    ['a long list', z.array(z.int()).max(1), [1, 2], 'must have at most 1 entries'],
    ['a large number', z.number().max(2), 3, 'must be at most 2'],
    ['a number at an open bound', z.number().lt(2), 2, 'must be less than 2'],
    ['a small number', z.number().min(2), 1, 'must be at least 2'],
    ['a number above an open bound', z.number().gt(2), 2, 'must be more than 2'],
    ['no multiple', z.number().multipleOf(5), 7, 'must be a multiple of 5'],
    ['another form', z.string().regex(/^a$/), 'b', 'must match /^a$/'],
    ['neither of two types', z.union([z.string(), z.array(z.string())]), 1, 'must be a string, or must be a list'],
    [
      'neither of two objects',
      nested,
      {},
      'its a is required and must be a string, or its b is required and must be a number',
    ],
    ['what has its own wording', z.string('must be a colour'), 1, 'must be a colour'],
  ])('about %s says what is allowed', (_what, schema, value, message) => {
    expect(findings(z.object({ field: schema }), { field: value })).toEqual([{ field: 'field', message }]);
  });
});

describe('the contracts of creations', () => {
  const creations = { accounts, apiKeys, budgets, models, routes };
  const inputs: [string, z.ZodObject, object?][] = Object.entries(creations).map(([name, { create }]) => [
    name,
    create.request.shape.input,
  ]);
  inputs.push(['providers', providerInput], ['metrics', metricInput], ['objectives', objectiveInput]);
  inputs.push(['domains', domainInput], ['domains of a file', catalogueEntries.domains]);
  inputs.push(['objectives of a file', catalogueEntries.objectives]);
  const newSource = sources.create.request.shape.input;
  for (const option of newSource.options) {
    const kind = option.shape.kind.value;
    inputs.push([`sources of the kind ${kind}`, option, { kind }]);
  }
  const wrong = [undefined, null, 1, -1, 1.5, 1e300, true, 'x'.repeat(20_000), '', [], [1], [{}], {}, { a: 1 }];

  it.each(inputs)('%s say of every field what is allowed', (_name, schema, beside = {}) => {
    for (const field of Object.keys(schema.shape)) {
      const said = wrong.flatMap((value) => findings(schema, { ...beside, [field]: value }));
      expect(said.filter((finding) => finding.field.startsWith(field))).not.toEqual([]);
      const unclear = said.filter(({ message }) => /invalid|expected|another (type|form)/i.test(message));
      expect(unclear).toEqual([]);
    }
    expect(findings(schema, 'text')).toEqual([{ field: 'body', message: 'must be an object' }]);
  });

  it.each(inputs)('%s say of every field that is missing that it is required', (_name, schema, beside = {}) => {
    const missing = Object.keys(schema.shape).filter((field) => {
      const value: unknown = schema.shape[field];
      return !(field in beside) && !(value as z.ZodType).safeParse(undefined).success;
    });
    const said = findings(schema, beside);
    expect(said.map(({ field }) => field)).toEqual(missing);
    expect(said.filter(({ message }) => !message.startsWith('is required and '))).toEqual([]);
  });

  it.each([undefined, null, 1, 'folder'])(
    'a source of the kind %j is refused with the kinds that there are',
    (kind) => {
      const kinds = source.options.map((option) => option.shape.kind.value).join(', ');
      const required = kind === undefined ? 'is required and ' : '';
      expect(findings(newSource, { kind })).toEqual([{ field: 'kind', message: `${required}must be one of ${kinds}` }]);
      expect(findings(newSource, 'text')).toEqual([{ field: 'body', message: 'must be an object' }]);
    },
  );
});
