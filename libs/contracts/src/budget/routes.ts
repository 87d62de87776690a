import { z } from 'zod';
import { defineResource, sortBy, stored } from '../pagination.ts';
import { id, routeName, searchText, tokenLimit } from '../scalars.ts';

/** `priority`: the first target that can be paid and works, in the order given; the others are its fallbacks. */
export const routeStrategy = z.enum(['priority'], { error: 'must be "priority"' });

const targets = z
  .array(z.strictObject({ modelId: id }), 'must be a list of {modelId}')
  .min(1, 'must have 1 to 20 entries')
  .max(20, 'must have 1 to 20 entries')
  .refine((list) => new Set(list.map((t) => t.modelId)).size === list.length, 'must not name a model twice');

/** The longest that an answer may be kept for the same request: an hour. */
export const MAX_ANSWER_TTL_SECONDS = 3_600;
const TTL = `must be a whole number of seconds from 1 to ${MAX_ANSWER_TTL_SECONDS}`;

/** Answers of the route are kept for so long and given to the same account's same request again; null: they are not. */
const answerCache = z.strictObject({ ttlSeconds: z.int(TTL).min(1, TTL).max(MAX_ANSWER_TTL_SECONDS, TTL) }).nullable();

/** The same as it is read. Services of before it was there do not name it. */
export const routeCache = z.object({ ttlSeconds: z.int() }).nullable().default(null);

/** A name that clients send as `model`, and where their requests go. */
export const route = z.object({
  ...stored,
  name: z.string(),
  strategy: routeStrategy,
  targets: z.array(z.object({ modelId: id })),
  /** The limit on an answer's tokens where the caller sends none; the model's `maxOutputTokens` where this is null. */
  defaultMaxTokens: z.int().nullable(),
  cache: routeCache,
  disabled: z.boolean(),
});
export type Route = z.output<typeof route>;

export const routes = defineResource('budget.routes', {
  resource: route,
  create: z.strictObject({
    name: routeName,
    strategy: routeStrategy,
    targets,
    defaultMaxTokens: tokenLimit.nullable().default(null),
    cache: answerCache.default(null),
    disabled: z.boolean('must be true or false').default(false),
  }),
  update: z.strictObject({
    strategy: routeStrategy.optional(),
    targets: targets.optional(),
    defaultMaxTokens: tokenLimit.nullable().optional(),
    cache: answerCache.optional(),
    disabled: z.boolean('must be true or false').optional(),
  }),
  filters: { name: searchText.optional(), sort: sortBy('name', 'createdAt') },
});
