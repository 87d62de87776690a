export type { RedisClient, RedisSubscriber } from './client.ts';
export { RedisStore, type RedisStoreOptions } from './redis-store.ts';
