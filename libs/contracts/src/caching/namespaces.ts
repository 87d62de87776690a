/**
 * The namespaces of the cache that services share: whoever owns the data invalidates its tags, after its commit and before it
 * answers; whoever caches what is made from them, the owner or a gateway, gives it these tags.
 */
export const cacheNamespaces = {
  /** Metrics, domains and objectives; owned by `reports`. */
  catalogue: 'catalogue',
  /** Sums of usage; owned by `reports`. */
  usage: 'usage',
  /** Accounts, keys, providers, models and routes; owned by `budget`. */
  configuration: 'configuration',
  /** Work efforts, their tickets and tags, and sources; owned by `training`. */
  workEfforts: 'work-efforts',
  /** Answers of models; the gateways'. */
  completions: 'completions',
} as const;

/** Tags within {@link cacheNamespaces}. */
export const cacheTags = {
  /** Everything of the catalogue: each of its writes makes a new revision of the whole. */
  catalogue: 'catalogue',
  /** Every sum of usage. */
  usage: 'usage',
  /** Everything that gateways know; every write makes a new version of the whole. */
  configuration: 'configuration',
  /** Lists, searches and counts of work efforts, tickets and tags. */
  workEfforts: 'work-efforts',
  workEffort: (id: string) => `work-effort:${id}`,
  /** Lists of sources. */
  sources: 'sources',
  /** A source, and what was fetched from it. */
  source: (id: string) => `source:${id}`,
  account: (id: string) => `account:${id}`,
  provider: (id: string) => `provider:${id}`,
  model: (id: string) => `model:${id}`,
  route: (name: string) => `route:${name}`,
} as const;
