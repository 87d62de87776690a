export { openRedis, type OpenRedisOptions, type RedisConnection } from './open-redis.ts';
