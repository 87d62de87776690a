import { z } from 'zod';
import { defineRequest } from '../define.ts';
import { defineResource, sortBy, stored } from '../pagination.ts';

/** What a source may be; each kind has an entry of its own in `newSource`. */
const kind = z.enum(['directory']);
const disabled = z.boolean('must be true or false').default(false);

const newSource = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({
      kind: z.literal('directory'),
      path: z
        .string()
        .max(4_096, 'must have at most 4 096 characters')
        .regex(/^\/[^\0]*$/, 'must be an absolute path'),
      disabled,
    }),
  ],
  { error: ({ code }) => (code === 'invalid_union' ? `must be one of ${kind.options.join(', ')}` : undefined) },
);

/** A place that work comes from. */
export const source = z.object({
  ...stored,
  kind,
  path: z.string(),
  /** `ok`: the last sync read everything; `partial`: some files had problems; `failed`: the source can't be read. */
  status: z.enum(['new', 'syncing', 'ok', 'partial', 'failed']),
  problems: z.array(z.object({ path: z.string(), reason: z.string() })),
  workEfforts: z.int(),
  syncedAt: z.string().nullable(),
  disabled: z.boolean(),
});
export type Source = z.output<typeof source>;

export const sources = defineResource('training.sources', {
  resource: source,
  create: newSource,
  update: z.strictObject({ disabled: z.boolean('must be true or false').optional() }),
  filters: { sort: sortBy('createdAt') },
});

/** Reads the source now and answers when that is done. */
export const syncSource = defineRequest('training.sources.sync', {
  request: z.object({ id: z.string() }),
  response: source,
  deadlineMs: 60_000,
});
