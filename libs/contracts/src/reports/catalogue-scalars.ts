import { z } from 'zod';
import { label } from '../scalars.ts';

/** The name that the author of a catalogue gives one of its entries; it stands in paths as it is. */
export const catalogueId = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/,
    'must be 1 to 128 of A-Z a-z 0-9 . _ : - and begin with a letter or digit',
  );

/** A text of several lines. PostgreSQL can't hold NUL, so nothing that is stored has one. */
export const prose = (most: number) =>
  z
    .string()
    .max(most, `must have at most ${most} characters`)
    .regex(/^[^\0]*$/, 'must not hold the character NUL');

/** A label that may be left out; null takes it away. */
export const optionalLabel = label.nullable().default(null);

/** A tag. Several are written with commas between them in a query, so that none holds a comma. */
export const tag = z
  .string()
  .trim()
  .min(1, 'must have 1 to 64 characters')
  .max(64, 'must have 1 to 64 characters')
  // eslint-disable-next-line no-control-regex -- control characters are just what is refused
  .regex(/^[^\u0000-\u001f\u007f,]*$/, 'must not hold commas or control characters');

/** Tags, each once. */
export const tags = z
  .array(tag, 'must be a list of strings')
  .max(50, 'must have at most 50 entries')
  .refine((list) => new Set(list).size === list.length, 'must not name a tag twice');

/** A list in a query: with commas between its entries, or the parameter several times. */
export const tagsAsked = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(',') : value),
  z.array(tag, 'must be tags with commas between them').min(1).max(20, 'must have at most 20 entries'),
);

/** A number as JSON has it, of a size that a double holds to the unit. */
export const measure = z
  .number('must be a number')
  .min(-Number.MAX_SAFE_INTEGER, 'must be at least -9007199254740991')
  .max(Number.MAX_SAFE_INTEGER, 'must be at most 9007199254740991');
