import { BUCKETS, SLOTS, START } from './parts.ts';
import { script } from './script.ts';

/**
 * How limits stand. Writes nothing.
 *
 * KEYS: for each limit the bucket, or the leases, the held and the waiting of the slots.
 * ARGV: for each limit `r`, microseconds that refill one, capacity; or `s`, slots.
 * @returns for each a list of two whole numbers: what remains, and the ms until all of it is there. Text where that can't be told
 */
export const LOOK = script(
  START,
  BUCKETS,
  SLOTS,
  `
local function look(limit)
  if limit.slots then return { math.max(0, limit.slots - takenOf(limit)), 0 } end
  local ahead = aheadOf(limit)
  return { remainingIn(limit, ahead), wholeMs(ahead) }
end

local answers = {}
while keyAt < #KEYS do
  local limit
  if nextArg() == 'r' then
    limit = nextBucket()
  else
    limit = nextSlots()
    limit.slots = nextNumber()
  end
  table.insert(answers, attempt(look, limit))
end
return answers
`,
);

/**
 * Takes more, or less, than was taken. A bucket owes what it does not hold, and does not hold more than its capacity.
 *
 * KEYS: the buckets. ARGV: for each microseconds that refill one, capacity, how many more.
 * @returns for each 1; text where that could not be done
 */
export const CORRECT = script(
  START,
  BUCKETS,
  `
local function correct(bucket)
  local ahead = aheadOf(bucket)
  putBucket(bucket, math.min(ahead + bucket.by * bucket.per, mostAhead(bucket)))
  return 1
end

local answers = {}
while keyAt < #KEYS do
  local bucket = nextBucket()
  bucket.by = nextNumber()
  table.insert(answers, attempt(correct, bucket))
end
return answers
`,
);

/**
 * Makes buckets full, and slots free, whatever the keys hold; says so to other processes where somebody waits for the slots.
 *
 * KEYS: for each limit the bucket, or the leases, the held and the waiting of the slots.
 * ARGV[1]: the channel. Then for each limit `r`, or `s` and what is published.
 * @returns for each 1; text where that could not be done
 */
export const RESET = script(
  START,
  SLOTS,
  `
local channel = nextArg()

local function reset(limit)
  if limit.key then
    redis.call('DEL', limit.key)
    return 1
  end
  redis.call('DEL', limit.leases, limit.held)
  if redis.call('DEL', limit.waiting) > 0 then redis.call('PUBLISH', channel, limit.message) end
  return 1
end

local answers = {}
while keyAt < #KEYS do
  local limit
  if nextArg() == 'r' then
    limit = { key = nextKey() }
  else
    limit = nextSlots()
    limit.message = nextArg()
  end
  table.insert(answers, attempt(reset, limit))
end
return answers
`,
);
