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

/** A name that clients send as `model`, and where their requests go. */
export const route = z.object({
  ...stored,
  name: z.string(),
  strategy: routeStrategy,
  targets: z.array(z.object({ modelId: id })),
  /** The limit on an answer's tokens where the caller sends none; the model's `maxOutputTokens` where this is null. */
  defaultMaxTokens: z.int().nullable(),
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
    disabled: z.boolean('must be true or false').default(false),
  }),
  update: z.strictObject({
    strategy: routeStrategy.optional(),
    targets: targets.optional(),
    defaultMaxTokens: tokenLimit.nullable().optional(),
    disabled: z.boolean('must be true or false').optional(),
  }),
  filters: { name: searchText.optional(), sort: sortBy('name', 'createdAt') },
});
