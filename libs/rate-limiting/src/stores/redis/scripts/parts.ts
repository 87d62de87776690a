/**
 * What the scripts are made of. Each works on many things at once (the takes of a turn, the leases to renew): what goes wrong
 * with one, such as a key that holds something else, is the answer to that one, as text, and the others are done.
 */

/**
 * The server's time, and the arguments one after the other.
 *
 * `now`: microseconds since 2026, a whole number, so that what is added to it keeps fractions of one. `nowMs`: milliseconds
 * since then, whole.
 */
export const START = `
local time = redis.call('TIME')
local now = (tonumber(time[1]) - 1767225600) * 1000000 + tonumber(time[2])
local nowMs = math.floor(now / 1000)

local keyAt, argAt = 0, 0
local function nextKey() keyAt = keyAt + 1 return KEYS[keyAt] end
local function nextArg() argAt = argAt + 1 return ARGV[argAt] end
local function nextNumber() argAt = argAt + 1 return tonumber(ARGV[argAt]) end

local function text(number) return string.format('%.0f', number) end

local function shown(stored) return '"' .. string.gsub(string.sub(stored, 1, 60), '[%c"\\128-\\255]', '?') .. '"' end

-- What work answers; where it fails, what went wrong as text.
local function attempt(work, item)
  local ok, answer = pcall(work, item)
  if ok then return answer end
  return type(answer) == 'table' and answer.err or tostring(answer)
end
`;

/**
 * Buckets. One is a string of three little-endian doubles, `at`, `ahead` and `full`: at the time `at` (in `now`'s terms) the
 * bucket was going to be full `ahead` microseconds later (GCRA's theoretical arrival time, kept as a difference so that no digit
 * of it is lost), of the `full` that it takes from empty to full. A bucket that is full is none. It ends by itself when it is full
 * again.
 *
 * A bucket's limit is `per`, the microseconds that refill one, and `capacity`.
 */
export const BUCKETS = `
local BUCKET, BUCKET_BYTES = '<ddd', 24
-- Of one: sums of costs that are no whole numbers may be off by less.
local TOLERANCE = 1e-6
-- Thirty years, in ms: what is much longer Redis can neither keep nor answer.
local LONGEST = 1e12

-- What is owed beyond a bucket; more is forgotten, so that what remains is a whole number that can be told.
local MOST_OWED = 1e12

local function wholeMs(microseconds) return math.min(math.ceil(microseconds / 1000), LONGEST) end

local function mostAhead(bucket) return bucket.per * (bucket.capacity + MOST_OWED) end

-- How many microseconds the bucket is from full, beyond per * capacity where more is owed than it holds; and whether it was written
-- at a time that is yet to come, as the clock was set back.
local function aheadOf(bucket)
  local stored = redis.call('GET', bucket.key)
  if not stored then return 0, false end
  local at, ahead, full
  if #stored == BUCKET_BYTES then at, ahead, full = struct.unpack(BUCKET, stored) end
  if not (at and math.abs(at) < math.huge and ahead >= 0 and ahead < math.huge and full > 0 and full < math.huge) then
    error({ err = 'BADVALUE ' .. bucket.key .. ' holds ' .. shown(stored) .. ', which is no bucket' })
  end
  ahead = ahead - math.max(0, now - at)
  if ahead <= 0 then return 0, false end
  local fullNow = bucket.per * bucket.capacity
  -- Of another limit than now: the part that is used stays.
  if full ~= fullNow then ahead = ahead / full * fullNow end
  return math.min(ahead, mostAhead(bucket)), at > now
end

local function putBucket(bucket, ahead)
  if ahead <= 0 then
    redis.call('DEL', bucket.key)
    return
  end
  redis.call('PSETEX', bucket.key, text(wholeMs(ahead)), struct.pack(BUCKET, now, ahead, bucket.per * bucket.capacity))
end

local function remainingIn(bucket, ahead)
  return math.floor(bucket.capacity - ahead / bucket.per + TOLERANCE)
end

local function nextBucket()
  keyAt, argAt = keyAt + 1, argAt + 2
  return { key = KEYS[keyAt], per = tonumber(ARGV[argAt - 1]), capacity = tonumber(ARGV[argAt]) }
end
`;

/**
 * Slots. Three keys: `leases`, a sorted set of leases by when they end (in `nowMs`'s terms), each with its length in ms before
 * the first space, after a colon, and its client behind it; `held`, a hash of how many each client holds, which ends with the
 * leases; `waiting`, a sorted set of the clients that were refused one and said that they come again, by until when they do, each
 * after its weight and a space.
 */
export const SLOTS = `
-- Of leases that ended and of waiting clients that are gone, those that one call clears away.
local CLEARED = 100
-- The ms in which a client that waits comes when it was called.
local CALLED = 150

local function leave(slots, lease)
  local client = string.match(lease, '^%S+ (.*)$') or ''
  if redis.call('HINCRBY', slots.held, client, -1) <= 0 then redis.call('HDEL', slots.held, client) end
end

local function heldBy(slots, client)
  local stored = redis.call('HGET', slots.held, client)
  if not stored then return 0 end
  if string.match(stored, '^%-?%d+$') then return math.max(0, tonumber(stored)) end
  error({ err = 'BADVALUE ' .. slots.held .. ' holds ' .. shown(stored) .. ', which is no count' })
end

local function clearEnded(slots)
  local ended = redis.call('ZRANGEBYSCORE', slots.leases, '-inf', text(nowMs), 'LIMIT', 0, CLEARED)
  for _, lease in ipairs(ended) do
    redis.call('ZREM', slots.leases, lease)
    leave(slots, lease)
  end
end

-- After the clock was set back: what is renewed ends in time again, but nobody renews what its holder left.
local function shortenFromLater(slots)
  local later = '(' .. text(nowMs + slots.leaseMs)
  for _, lease in ipairs(redis.call('ZREVRANGEBYSCORE', slots.leases, '+inf', later, 'LIMIT', 0, CLEARED)) do
    local latest = nowMs + (tonumber(string.match(lease, '^%S*:(%d+) ')) or slots.leaseMs)
    if tonumber(redis.call('ZSCORE', slots.leases, lease)) > latest then
      redis.call('ZADD', slots.leases, text(latest), lease)
    end
  end
end

local function takenOf(slots)
  return redis.call('ZCOUNT', slots.leases, '(' .. text(nowMs), '+inf')
end

-- Tells other processes where somebody waits. Of those, whoever does not come now is taken to have gone.
local function callWaiting(slots, channel)
  local soon = text(nowMs + CALLED)
  local calm = redis.call('ZREVRANGEBYSCORE', slots.waiting, '+inf', '(' .. soon, 'LIMIT', 0, CLEARED)
  for _, waiter in ipairs(calm) do redis.call('ZADD', slots.waiting, soon, waiter) end
  if #calm > 0 or redis.call('ZCOUNT', slots.waiting, '(' .. text(nowMs), '+inf') > 0 then
    redis.call('PUBLISH', channel, slots.message)
  end
end

local function nextSlots()
  return { leases = nextKey(), held = nextKey(), waiting = nextKey() }
end
`;
