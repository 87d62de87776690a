import { SLOTS, START } from './parts.ts';
import { script } from './script.ts';

/**
 * Gives slots back, and says so to other processes where somebody waits for them.
 *
 * KEYS: for each lease the leases, the held and the waiting of its slots.
 * ARGV[1]: the channel. Then for each lease: it, and what is published.
 * @returns for each 1 where it was held, 0 where not; text where that could not be done
 */
export const RELEASE = script(
  START,
  SLOTS,
  `
local channel = nextArg()

local function release(slots)
  if redis.call('ZREM', slots.leases, slots.lease) == 0 then return 0 end
  leave(slots, slots.lease)
  callWaiting(slots, channel)
  return 1
end

local answers = {}
while keyAt < #KEYS do
  local slots = nextSlots()
  slots.lease, slots.message = nextArg(), nextArg()
  table.insert(answers, attempt(release, slots))
end
return answers
`,
);

/**
 * Prolongs leases that have not ended.
 *
 * KEYS: for each lease the leases, the held and the waiting of its slots.
 * ARGV: for each lease: it, and how long it lasts from now, in ms.
 * @returns for each 1 where it is held, 0 where it had ended; text where that could not be done
 */
export const RENEW = script(
  START,
  SLOTS,
  `
local function renew(slots)
  local ends = tonumber(redis.call('ZSCORE', slots.leases, slots.lease))
  if not ends then return 0 end
  if ends <= nowMs then
    clearEnded(slots)
    return 0
  end
  redis.call('ZADD', slots.leases, text(nowMs + slots.leaseMs), slots.lease)
  redis.call('PEXPIRE', slots.leases, slots.leaseMs, 'GT')
  redis.call('PEXPIRE', slots.held, slots.leaseMs, 'GT')
  return 1
end

local answers = {}
while keyAt < #KEYS do
  local slots = nextSlots()
  slots.lease, slots.leaseMs = nextArg(), nextNumber()
  table.insert(answers, attempt(renew, slots))
end
return answers
`,
);
