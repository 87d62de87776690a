import { BUCKETS, SLOTS, START } from './parts.ts';
import { script } from './script.ts';

/**
 * Takes: of each, all that it demands or nothing. They are decided one after the other.
 *
 * KEYS: for each demand in turn the bucket, or the leases, the held and the waiting of the slots.
 * ARGV[1]: how many takes. Then for each how many demands, and 1 if there are slots among them, else 0. Where there are: the
 * client; its weight; within how many ms it comes again, 0 if it does not; at which of its demands it stands in a line (from 1;
 * 0: none), and how many others in that line follow: weight, client. Then for each of its demands: `r`, microseconds that refill
 * one, capacity, cost; or `s`, slots, lease in ms, the lease.
 *
 * Whoever was refused slots and comes again waits for them until it gets one, or does not come in time. A client that holds
 * some gets another only below its part: of the slots that are free or held by itself and the others that wait, its weight's part
 * of theirs, rounded up. So what is free is always somebody's who waits, if anybody does (max-min fairness). Of more than WEIGHED
 * that wait, the rest are taken to be like these.
 *
 * @returns for each take a list of whole numbers: 0 where it was taken, else which of its demands refused it (from 1); the ms
 * after which to try again, -1 for never; then for each demand what remains, and the ms until all of it is there. Text where the
 * take could not be decided
 */
export const TAKE = script(
  START,
  BUCKETS,
  SLOTS,
  `
local WEIGHED = 100
local NEVER = -1
-- A guess: nobody knows when a slot comes free.
local SLOT_RETRY = 1000

local function isAboveItsPart(take, slots, state)
  local mine = state.mine + state.added
  if mine == 0 then return false end
  local waiting = redis.call('ZREVRANGEBYSCORE', slots.waiting, '+inf', '(' .. text(nowMs), 'LIMIT', 0, WEIGHED)
  local weights, clients = 0, {}
  for _, entry in ipairs(waiting) do
    local weight, client = string.match(entry, '^(%S+) (.*)$')
    if client ~= take.client then
      weights = weights + (tonumber(weight) or 1)
      table.insert(clients, client)
    end
  end
  if #clients == 0 then return false end
  local held = 0
  for _, count in ipairs(redis.call('HMGET', slots.held, unpack(clients))) do held = held + (tonumber(count) or 0) end
  if #waiting == WEIGHED then
    local like = redis.call('ZCOUNT', slots.waiting, '(' .. text(nowMs), '+inf') / WEIGHED
    weights, held = weights * like, held * like
  end
  local theirs = math.min(slots.slots, mine + held + slots.slots - state.after)
  return mine >= math.ceil(theirs * take.weight / (take.weight + weights) - 1e-9)
end

-- Remembers who waits for slots.
local function enlist(slots, waiters, waitsMs)
  local gone = redis.call('ZRANGEBYSCORE', slots.waiting, '-inf', text(nowMs), 'LIMIT', 0, CLEARED)
  for _, waiter in ipairs(gone) do redis.call('ZREM', slots.waiting, waiter) end
  for _, waiter in ipairs(waiters) do redis.call('ZADD', slots.waiting, text(nowMs + waitsMs), waiter) end
  if redis.call('PTTL', slots.waiting) < waitsMs then redis.call('PEXPIRE', slots.waiting, waitsMs) end
end

local function waiterOf(take) return take.weightText .. ' ' .. take.client end

-- Both say whether the demand fits beside those before it; where not, the ms after which it may.
local function fitBucket(demand, states)
  local state = states[demand.key]
  if not state then
    local ahead, isFromLater = aheadOf(demand)
    -- Or nothing would refill until the clock is there again.
    if isFromLater then putBucket(demand, ahead) end
    state = { before = ahead, after = ahead }
    states[demand.key] = state
  end
  if demand.cost > demand.capacity then return false, NEVER end
  local excess = state.after / demand.per + demand.cost - demand.capacity
  if excess <= TOLERANCE then
    state.after = state.after + demand.cost * demand.per
    return true
  end
  return false, wholeMs(excess * demand.per)
end

local function fitSlots(demand, states, take)
  local state = states[demand.leases]
  if not state then
    clearEnded(demand)
    local taken = takenOf(demand)
    state = { before = taken, after = taken, added = 0, mine = heldBy(demand, take.client) }
    if #take.others > 0 and take.lineAt == demand.index then enlist(demand, take.others, take.waitsMs) end
    if take.waitsMs > 0 then demand.isWaiting = redis.call('ZSCORE', demand.waiting, waiterOf(take)) end
    states[demand.leases] = state
  end
  if state.after >= demand.slots or isAboveItsPart(take, demand, state) then
    shortenFromLater(demand)
    return false, math.min(SLOT_RETRY, demand.leaseMs)
  end
  state.after = state.after + 1
  state.added = state.added + 1
  return true
end

-- Whether it was not held yet.
local function hold(demand, take)
  local isFirst = redis.call('EXISTS', demand.leases) == 0
  if isFirst then redis.call('DEL', demand.held) end
  local isNew = redis.call('ZADD', demand.leases, text(nowMs + demand.leaseMs), demand.lease) == 1
  if isNew then redis.call('HINCRBY', demand.held, take.client, 1) end
  for _, key in ipairs({ demand.leases, demand.held }) do
    if isFirst then redis.call('PEXPIRE', key, demand.leaseMs) else redis.call('PEXPIRE', key, demand.leaseMs, 'GT') end
  end
  if demand.isWaiting and not take.hasMore then redis.call('ZREM', demand.waiting, waiterOf(take)) end
  return isNew
end

-- A client sends a command again of which it has not seen the answer. What that took is known by its leases.
local function hasTaken(take)
  for _, demand in ipairs(take) do
    if demand.lease then return redis.call('ZSCORE', demand.leases, demand.lease) end
  end
end

-- Whether it had not been taken yet.
local function takeAll(take, states)
  local isNew = true
  for _, demand in ipairs(take) do
    if demand.lease then isNew = hold(demand, take) and isNew end
  end
  if not isNew then return false end
  for _, demand in ipairs(take) do
    local state = states[demand.key]
    if state and state.after ~= state.before then putBucket(demand, state.after) end
  end
  return true
end

-- Reads all that it may take of before it takes: a key that holds something else stops it before it has begun.
local function decide(take)
  local states, misfits = {}, {}
  local by, retry, isRate
  for index, demand in ipairs(take) do
    local fits, after
    if demand.key then fits, after = fitBucket(demand, states) else fits, after = fitSlots(demand, states, take) end
    if not fits then
      if not by or (demand.key and not isRate) then by, retry, isRate = index, after, demand.key ~= nil end
      if not demand.key then table.insert(misfits, demand) end
    end
  end
  local isAgain = by and hasTaken(take)
  if isAgain then
    by, retry = nil, nil
  elseif by then
    if take.waitsMs > 0 and not isRate then
      for _, demand in ipairs(misfits) do enlist(demand, { waiterOf(take) }, take.waitsMs) end
    end
  else
    isAgain = not takeAll(take, states)
  end
  local answer = { by or 0, retry or 0 }
  for index, demand in ipairs(take) do
    local state = states[demand.key or demand.leases]
    local now = (by or isAgain) and state.before or state.after
    if demand.key then
      answer[2 * index + 1], answer[2 * index + 2] = remainingIn(demand, now), wholeMs(now)
    else
      answer[2 * index + 1], answer[2 * index + 2] = math.max(0, demand.slots - now), 0
    end
  end
  return answer
end

local function nextTake()
  local take = { client = nextArg(), weightText = nextArg(), waitsMs = nextNumber(), lineAt = nextNumber(), others = {} }
  take.weight = tonumber(take.weightText)
  for other = 1, nextNumber() do
    take.others[other] = nextArg() .. ' ' .. nextArg()
    take.hasMore = take.hasMore or take.others[other] == waiterOf(take)
  end
  return take
end

local takes = {}
for at = 1, nextNumber() do
  local demands = nextNumber()
  local take = nextArg() == '1' and nextTake() or { waitsMs = 0 }
  for index = 1, demands do
    if nextArg() == 'r' then
      local bucket = nextBucket()
      bucket.cost = nextNumber()
      take[index] = bucket
    else
      local slots = nextSlots()
      slots.index = index
      slots.slots, slots.leaseMs, slots.lease = nextNumber(), nextNumber(), nextArg()
      take[index] = slots
    end
  end
  takes[at] = take
end
local answers = {}
for index, take in ipairs(takes) do answers[index] = attempt(decide, take) end
return answers
`,
);
