import type { RedisClient } from '../client.ts';

const STILL = `
local server = redis
local redis = {
  call = function(command, ...)
    if command == 'TIME' then return { '1800000000', '0' } end
    if command == 'PEXPIRE' then return 1 end
    return server.call(command, ...)
  end,
}
`;

/**
 * A Redis for whose scripts no time passes: no lease or wait ends by itself, and whoever is called comes in time, however long
 * its process had no processor.
 */
export class TimelessRedis implements RedisClient {
  readonly #redis: RedisClient;

  constructor(redis: RedisClient) {
    this.#redis = redis;
  }

  async evalsha(): Promise<unknown> {
    throw new Error('NOSCRIPT: the script is another one here');
  }

  async eval(script: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown> {
    return this.#redis.eval(STILL + script, keyCount, ...keysAndArguments);
  }
}
