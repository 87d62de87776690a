import { Cached } from '@purser/caching';
import { cacheNamespaces, cacheTags, type ListedTicket, type Source, type WorkEffort } from '@purser/contracts';

/** How long it may be wrong, where a replica was ended between its commit and telling the others. */
const LIFE_MS = 30_000;

const cached = (tags: NonNullable<Parameters<typeof Cached>[0]>['tags']): MethodDecorator =>
  Cached({ namespace: cacheNamespaces.workEfforts, ttl: LIFE_MS, ...(tags && { tags }) });

/** Of a handler that lists, searches or counts work efforts, tickets or tags: kept until a work effort changes. */
export const CachedWork = (): MethodDecorator => cached([cacheTags.workEfforts]);

/** Of a handler that reads one work effort: kept until that one changes. */
export const CachedWorkEffort = (): MethodDecorator => cached(({ id }: WorkEffort) => [cacheTags.workEffort(id)]);

/** Of a handler that reads one ticket: kept until its work effort changes. */
export const CachedTicket = (): MethodDecorator =>
  cached(({ workEffortId }: ListedTicket) => [cacheTags.workEffort(workEffortId)]);

/** Of a handler that lists sources: kept until one of them changes, which each sync does. */
export const CachedSources = (): MethodDecorator => cached([cacheTags.sources]);

/** Of a handler that reads one source: kept until that one changes. */
export const CachedSource = (): MethodDecorator => cached(({ id }: Source) => [cacheTags.source(id)]);
