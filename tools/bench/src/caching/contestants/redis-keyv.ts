import { KeyvAdapter, type CacheManagerStore } from 'cache-manager';
import { redisInsStore } from 'cache-manager-ioredis-yet';
import { Redis } from 'ioredis';
import { Keyv } from 'keyv';

/** Redis for what keeps its entries in a Keyv. */
export function redisKeyv(url: string): { readonly keyv: Keyv; readonly close: () => Promise<unknown> } {
  const connection = new Redis(url);
  // It is of an older cache-manager, whose types this one no longer has.
  const store = redisInsStore(connection) as unknown as CacheManagerStore;
  return { keyv: new Keyv({ store: new KeyvAdapter(store) }), close: () => connection.quit() };
}
