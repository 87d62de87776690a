import { z } from 'zod';
import { defineResource, sortBy, stored } from '../pagination.ts';
import { httpUrl, providerName, sealedSecret, searchText } from '../scalars.ts';
import { MOST_CONCURRENCY, providerLimits, providerLimitsInput } from './limits.ts';

/** How a provider is spoken to. `openai` and `openai-compatible` differ in the name of the answer's token limit. */
export const providerKind = z.enum(['openai-compatible', 'openai'], {
  error: 'must be one of openai-compatible, openai',
});

/** What to do with a stream whose client went away: `drain` it to learn the usage, or `abort` it and pay the bound. */
export const cancelledStreams = z.enum(['drain', 'abort'], { error: 'must be drain or abort' });

const concurrency = z
  .int('must be a whole number')
  .min(1, 'must be 1 to 10 000')
  .max(MOST_CONCURRENCY, 'must be 1 to 10 000');

/** A place that models are called at. Its API key is never returned. */
export const provider = z.object({
  ...stored,
  name: z.string(),
  kind: providerKind,
  baseUrl: z.string(),
  hasApiKey: z.boolean(),
  /** Requests that all gateways together have open at it at a time. */
  concurrency: z.int(),
  limits: providerLimits,
  cancelledStreams,
  /** Whether it is a simulator: its answers and prices are not real. */
  simulated: z.boolean(),
  disabled: z.boolean(),
  status: z.enum(['enabled', 'disabled']),
});
export type Provider = z.output<typeof provider>;

/** What the gateway takes over HTTP: with the API key in clear text. */
export const providerInput = z.strictObject({
  name: providerName,
  kind: providerKind,
  baseUrl: httpUrl.optional(),
  apiKey: z.string().min(1, 'must not be empty').max(8_192, 'must have at most 8 192 characters').optional(),
  concurrency: concurrency.default(50),
  limits: providerLimitsInput.default(null),
  cancelledStreams: cancelledStreams.default('drain'),
  simulated: z.boolean('must be true or false').default(false),
  disabled: z.boolean('must be true or false').default(false),
});
/** The same for a change; `apiKey: null` removes the key. */
export const providerChanges = z.strictObject({
  baseUrl: httpUrl.optional(),
  apiKey: z.string().min(1, 'must not be empty').max(8_192, 'must have at most 8 192 characters').nullable().optional(),
  concurrency: concurrency.optional(),
  limits: providerLimitsInput.optional(),
  cancelledStreams: cancelledStreams.optional(),
  disabled: z.boolean('must be true or false').optional(),
});

/** Between gateway and budget service the key travels sealed, in the field `sealedApiKey`. */
export const providers = defineResource('budget.providers', {
  resource: provider,
  create: providerInput.omit({ apiKey: true }).extend({ sealedApiKey: sealedSecret.optional() }),
  update: providerChanges.omit({ apiKey: true }).extend({ sealedApiKey: sealedSecret.nullable().optional() }),
  filters: { name: searchText.optional(), sort: sortBy('name', 'createdAt') },
});
