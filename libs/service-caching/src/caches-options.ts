import { Logger } from '@nestjs/common';
import { closeTier, type CacheModuleOptions, type HttpCacheOptions, type TierOptions } from '@purser/caching';
import { redisStore } from '@purser/caching/redis';
import { cacheMessages } from '@purser/contracts';
import { PublishChannel, type MessageTransport } from '@purser/messaging';
import { openRedis } from '@purser/redis';
import { randomUUID } from 'node:crypto';
import type { CacheConfig } from './cache-variables.ts';
import { onceAMinute } from './once-a-minute.ts';

export interface ServiceCachingOptions {
  /** The service's name, as metrics and statistics have it. */
  readonly service: string;
  readonly config: CacheConfig;
  /** Opens the tiers between memory and Redis. Default none. */
  readonly openLocalTiers?: () => Promise<readonly TierOptions[]>;
  /** Of HTTP answers. */
  readonly http?: HttpCacheOptions;
}

/** Of keys in Redis. */
const PREFIX = 'purser';

/** What a service's cache is made of. What was opened is closed with it, or when this rejects. */
export async function cachesOptions(
  { service, config, openLocalTiers, http = {} }: ServiceCachingOptions,
  transport: MessageTransport,
): Promise<CacheModuleOptions> {
  const logger = new Logger('Cache');
  const warn = (error: unknown): void => logger.warn(`A message of another cache was not understood: ${String(error)}`);
  const warnSeldom = onceAMinute((text) => logger.warn(text));
  const tiers = [...((await openLocalTiers?.()) ?? [])];
  try {
    if (config.REDIS_URL !== undefined) tiers.push(await redisTier(service, config.REDIS_URL, logger));
  } catch (error) {
    await Promise.allSettled(tiers.map(closeTier));
    throw error;
  }
  return {
    service,
    http,
    replica: `${service}-${randomUUID()}`,
    memory: { maxBytes: config.CACHE_MEMORY_BYTES },
    tiers,
    bus: { bus: new PublishChannel(transport, cacheMessages, warn) },
    onProblem: ({ where, error }) => warnSeldom(`The cache goes on without ${where}: ${messageOf(error)}`),
  };
}

async function redisTier(service: string, url: string, logger: Logger): Promise<TierOptions> {
  const redis = await openRedis(url, {
    name: `purser-${service}`,
    onChange: (isReady, reason) => {
      if (isReady) logger.log('Redis is there.');
      else logger.warn(`Redis is away, each replica has its own cache meanwhile: ${reason ?? 'no reason is known'}`);
    },
  });
  return { store: redisStore({ redis: redis.client, prefix: PREFIX }), onClosed: () => redis.close() };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
