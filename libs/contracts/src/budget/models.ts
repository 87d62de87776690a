import { z } from 'zod';
import { defineResource, sortBy, stored } from '../pagination.ts';
import { id, modelName, searchText, tokenCount, tokenLimit, usd } from '../scalars.ts';

const prices = { inputUsdPerMillion: usd, outputUsdPerMillion: usd, cachedInputUsdPerMillion: usd.optional() };

/** A model at a provider, with its price in force. Callable as `<provider name>/<name>`. */
export const model = z.object({
  ...stored,
  providerId: id,
  name: z.string(),
  inputUsdPerMillion: z.string(),
  outputUsdPerMillion: z.string(),
  /** The price of input that the provider reports as read from its cache; the input price where none is set. */
  cachedInputUsdPerMillion: z.string().nullable(),
  /** The id of the price version in force; each usage row names the one it was priced with. */
  priceVersion: z.string(),
  maxOutputTokens: z.int().nullable(),
  contextTokens: z.int().nullable(),
  /** Whether the request's token limit does not cap what the model spends on reasoning; then `maxOutputTokens` is the bound. */
  reasoningUncapped: z.boolean(),
  /** The most input tokens that the provider adds to a prompt that has tools. */
  toolPromptTokens: z.int(),
  disabled: z.boolean(),
});
export type Model = z.output<typeof model>;

const fields = {
  maxOutputTokens: tokenLimit.nullable(),
  contextTokens: tokenLimit.nullable(),
  reasoningUncapped: z.boolean('must be true or false'),
  toolPromptTokens: tokenCount,
  disabled: z.boolean('must be true or false'),
};

export const models = defineResource('budget.models', {
  resource: model,
  create: z.strictObject({
    providerId: id,
    name: modelName,
    ...prices,
    maxOutputTokens: fields.maxOutputTokens.default(null),
    contextTokens: fields.contextTokens.default(null),
    reasoningUncapped: fields.reasoningUncapped.default(false),
    toolPromptTokens: fields.toolPromptTokens.default(1_024),
    disabled: fields.disabled.default(false),
  }),
  update: z.strictObject({ ...prices, cachedInputUsdPerMillion: usd.nullable(), ...fields }).partial(),
  filters: { providerId: id.optional(), name: searchText.optional(), sort: sortBy('name', 'createdAt') },
});
