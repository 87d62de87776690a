import { z } from 'zod';
import { defineRequest } from '../define.ts';
import { defineResource, sortBy, stored } from '../pagination.ts';
import { httpUrl, sealedSecret } from '../scalars.ts';

const disabled = z.boolean('must be true or false').default(false);
const unknownKind = ({ code }: { readonly code?: string | undefined }) =>
  code === 'invalid_union' ? 'must be one of directory, github' : undefined;

const directory = z.strictObject({
  kind: z.literal('directory'),
  path: z
    .string()
    .max(4_096, 'must have at most 4 096 characters')
    .regex(/^\/[^\0]*$/, 'must be an absolute path'),
  disabled,
});

const token = z.string().regex(/^[\x21-\x7e]{1,1000}$/, 'must be 1 to 1 000 printable ASCII characters without spaces');
const webhookSecret = z
  .string()
  .regex(/^[\x21-\x7e]{16,200}$/, 'must be 16 to 200 printable ASCII characters without spaces');

/** A repository at GitHub, without its secrets: they are in clear text over HTTP, and sealed between the services. */
const github = z.strictObject({
  kind: z.literal('github'),
  repository: z
    .string()
    .max(140, 'must have at most 140 characters')
    // The users of an enterprise have an underscore in their names.
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*\/(?!\.{1,2}$)[A-Za-z0-9._-]+$/, 'must be owner/name'),
  baseUrl: httpUrl.default('https://api.github.com'),
  /** Makes a webhook secret; the answer shows it, this once. */
  generateWebhookSecret: z.boolean('must be true or false').default(false),
  disabled,
});

const changes = z.strictObject({ disabled: z.boolean('must be true or false').optional() });

/** What the gateway takes over HTTP: with the secrets in clear text. */
export const sourceInput = z.discriminatedUnion(
  'kind',
  [directory, github.extend({ token: token.optional(), webhookSecret: webhookSecret.optional() })],
  { error: unknownKind },
);
/** The same for a change; null removes the secret. */
export const sourceChanges = changes.extend({
  token: token.nullable().optional(),
  webhookSecret: webhookSecret.nullable().optional(),
});

const common = {
  ...stored,
  /** Where it is: a folder's absolute path, or a repository's address at the API. */
  path: z.string(),
  /** `ok`: the last sync read everything; `partial`: not all could be used, or yet; `failed`: the source can't be read. */
  status: z.enum(['new', 'syncing', 'ok', 'partial', 'failed']),
  problems: z.array(z.object({ path: z.string(), reason: z.string() })),
  workEfforts: z.int(),
  syncedAt: z.string().nullable(),
  disabled: z.boolean(),
};

const directorySource = z.object({ ...common, kind: z.literal('directory') });
const githubSource = z.object({
  ...common,
  kind: z.literal('github'),
  /** As it was given; it may have been renamed since. */
  repository: z.string(),
  baseUrl: z.string(),
  hasToken: z.boolean(),
  hasWebhookSecret: z.boolean(),
  /** When it is read next by itself: at the next interval, or when GitHub's rate limit allows it. */
  nextSyncAt: z.string().nullable(),
});

/** A place that work comes from. Its secrets are never returned. */
export const source = z.discriminatedUnion('kind', [directorySource, githubSource]);
export type Source = z.output<typeof source>;

/** The answer to a creation: with the webhook secret, where one was made. */
export const createdSource = z.discriminatedUnion('kind', [
  directorySource,
  githubSource.extend({ webhookSecret: z.string().optional() }),
]);

/** What the secrets of a source are sealed for. */
export const sourceSecrets = Object.freeze({ token: 'source.token', webhookSecret: 'source.webhookSecret' });

/** Between gateway and training service the secrets travel sealed, each for its purpose of {@link sourceSecrets}. */
export const sources = defineResource('training.sources', {
  resource: source,
  created: createdSource,
  create: z.discriminatedUnion(
    'kind',
    [directory, github.extend({ sealedToken: sealedSecret.optional(), sealedWebhookSecret: sealedSecret.optional() })],
    { error: unknownKind },
  ),
  update: changes.extend({
    sealedToken: sealedSecret.nullable().optional(),
    sealedWebhookSecret: sealedSecret.nullable().optional(),
  }),
  filters: { sort: sortBy('createdAt') },
});

/** Reads the source now and answers when that is done. */
export const syncSource = defineRequest('training.sources.sync', {
  request: z.object({ id: z.string() }),
  response: source,
  deadlineMs: 60_000,
});
