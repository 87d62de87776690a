import { createHash } from 'node:crypto';
import type { RedisClient } from '../client.ts';

/** A script of Redis, named by its hash once Redis has it. */
export interface Script {
  readonly lua: string;
  readonly sha: string;
}

/** A script made of parts. */
export function script(...parts: readonly string[]): Script {
  const lua = parts.join('');
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}

/** Runs a script by its hash, and by its text where Redis does not have it (any more). */
export async function run(
  redis: RedisClient,
  { sha, lua }: Script,
  keys: readonly string[],
  args: readonly string[],
): Promise<unknown> {
  try {
    return await redis.evalsha(sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return redis.eval(lua, keys.length, ...keys, ...args);
  }
}
