import { createHash } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';
import { RECORD_START } from './record.ts';

/** A script of Redis, named by its hash once Redis has it. */
export interface Script {
  readonly lua: string;
  readonly sha: string;
}

/**
 * The order of invalidations of a namespace, in four keys that all scripts get first: KEYS[1] its state, KEYS[2] its tags,
 * KEYS[3] its keys, KEYS[4] its prefixes and patterns. ARGV[1] is how long they are kept at least, in ms.
 *
 * The state is a hash. `seq` counts invalidations; it begins with the server's time in microseconds, so that it never goes back,
 * also where Redis lost it. `floor` is the counter at the latest invalidation of the whole namespace, or when counting began:
 * what is older is invalid, for nobody knows any more what was invalidated before. `tags`, `keys` and `patterns` are the counter
 * at the latest of their kind.
 *
 * The others are sorted sets of what was invalidated, by the counter. They keep only the newest: the member '' has the
 * counter up to which others may have been forgotten, and where a set was lost everything in it may have been. So
 * nothing becomes valid again because Redis forgot something, whatever it evicts.
 */
const ORDER = `
local state, sets = KEYS[1], { tags = KEYS[2], keys = KEYS[3], patterns = KEYS[4] }

local function text(number) return string.format('%.0f', number) end

local function opened()
  local seq = tonumber(redis.call('HGET', state, 'seq'))
  if seq then return seq end
  local time = redis.call('TIME')
  seq = tonumber(time[1]) * 1000000 + tonumber(time[2])
  redis.call('DEL', state)
  redis.call('HSET', state, 'seq', text(seq), 'floor', text(seq))
  redis.call('PEXPIRE', state, ARGV[1])
  return seq
end

local function field(name) return tonumber(redis.call('HGET', state, name)) or 0 end
`;

/**
 * The counter, for a namespace that has none yet.
 *
 * @returns the counter
 */
export const OPEN = script(`${ORDER}
return text(opened())
`);

/**
 * Invalidates.
 *
 * KEYS[5...]: entries to delete.
 * ARGV[2]: `keys`, `tags`, `patterns` or `floor` (everything). ARGV[3]: how many of the kind are remembered.
 * ARGV[4...]: which.
 * @returns the counter from now on
 */
export const INVALIDATE = script(`${ORDER}
local kind, seq = ARGV[2], opened() + 1
local set = sets[kind]
if set and not redis.call('ZSCORE', set, '') then
  redis.call('ZADD', set, text(field(kind)), '')
end
redis.call('HSET', state, 'seq', text(seq), kind, text(seq))
redis.call('PEXPIRE', state, ARGV[1], 'GT')
if set then
  for i = 4, #ARGV do redis.call('ZADD', set, text(seq), ARGV[i]) end
  local excess = redis.call('ZCARD', set) - tonumber(ARGV[3])
  if excess > 0 then
    local forgotten = redis.call('ZRANGE', set, excess - 1, excess - 1, 'WITHSCORES')[2]
    redis.call('ZREMRANGEBYRANK', set, 0, excess - 1)
    redis.call('ZADD', set, forgotten, '')
  end
  redis.call('PEXPIRE', set, redis.call('PTTL', state))
end
for i = 5, #KEYS do redis.call('DEL', KEYS[i]) end
return text(seq)
`);

/**
 * Stores an entry, unless it was invalidated after the load of it began. Patterns are the caller's to judge: where there are some
 * since the counter that it has looked at, it gets them, and asks again.
 *
 * KEYS[5]: the entry.
 * ARGV[2]: the counter when the load began, or '' for now. ARGV[3]: up to which counter patterns do not concern the key, or ''
 * for ARGV[2]. ARGV[4]: '' to replace any other, else the counter of the one that may be replaced (0: none).
 * ARGV[5]: its life in ms. ARGV[6]: its key. ARGV[7]: the record without its beginning. ARGV[8...]: its tags.
 * @returns 1 where it was stored, 0 where not; else the counter and the patterns, in one list
 */
export const STORE = script(`${ORDER}
local seq, entry = opened(), KEYS[5]
local since = tonumber(ARGV[2]) or seq

local function isForgotten(kind)
  return (tonumber(redis.call('ZSCORE', sets[kind], '')) or field(kind)) > since
end

local function isLater(kind, member)
  local mark = tonumber(redis.call('ZSCORE', sets[kind], member))
  if mark then return mark > since end
  return isForgotten(kind)
end

if field('floor') > since or isLater('keys', ARGV[6]) then return 0 end
for i = 8, #ARGV do
  if isLater('tags', ARGV[i]) then return 0 end
end
local judged = tonumber(ARGV[3]) or since
if field('patterns') > judged then
  if isForgotten('patterns') then return 0 end
  local patterns = redis.call('ZRANGEBYSCORE', sets.patterns, '(' .. text(judged), '+inf')
  table.insert(patterns, 1, text(seq))
  return patterns
end
if ARGV[4] ~= '' and redis.call('TYPE', entry).ok == 'string' then
  local other = string.match(redis.call('GETRANGE', entry, 0, 31), '^${RECORD_START}(%d+) ')
  if other and other ~= ARGV[4] then return 0 end
end
redis.call('SET', entry, '${RECORD_START}' .. text(seq) .. ARGV[7], 'PX', ARGV[5])
for i = 1, 4 do redis.call('PEXPIRE', KEYS[i], tonumber(ARGV[1]) + tonumber(ARGV[5]), 'GT') end
return 1
`);

/**
 * Deletes entries that are older than an invalidation. All keys are entries.
 *
 * ARGV[1]: the counter since that invalidation.
 * @returns how many it deleted
 */
export const SWEEP = script(`
local doomed = 0
for _, entry in ipairs(KEYS) do
  local since
  if redis.call('TYPE', entry).ok == 'string' then
    since = string.match(redis.call('GETRANGE', entry, 0, 31), '^${RECORD_START}(%d+) ')
  end
  if not since or tonumber(since) < tonumber(ARGV[1]) then doomed = doomed + redis.call('UNLINK', entry) end
end
return doomed
`);

/**
 * Gives a lock back.
 *
 * KEYS[1]: the lock. ARGV[1]: what its owner wrote into it.
 * @returns 1 where it was the owner's, 0 where it had ended
 */
export const UNLOCK = script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`);

/**
 * Has a lock end later.
 *
 * KEYS[1]: the lock. ARGV[1]: what its owner wrote into it. ARGV[2]: its life from now, in ms.
 * @returns 1 where it is the owner's, 0 where it had ended
 */
export const EXTEND = script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0
`);

function script(lua: string): Script {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}

/** Runs a script by its hash, and by its text where Redis does not have it (any more). */
export async function run(
  redis: Redis | Cluster,
  { sha, lua }: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await redis.evalsha(sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return redis.eval(lua, keys.length, ...keys, ...args);
  }
}
