"""What Redis does with the sums of all replicas, in one step each.

Of one of the statistics there is a hash (field -> packed sums, besides `incarnation`), and a sorted
set of its fields by the version that changed them last. Both are begun anew where either is lost;
a replica sees that by the incarnation. Batches are remembered by their
numbers, so that one that is told twice is added once.
"""

PUSH = """
local sums, versions, batches = KEYS[1], KEYS[2], KEYS[3]
local token, part, number = ARGV[1], ARGV[2], tonumber(ARGV[3])
local half_life, limit, ttl_s = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000

-- Returns the time at [1] and the values behind it; nil where they make no sense.
local function read(packed, length)
  if not packed or #packed ~= 8 * (length + 1) then return nil end
  local numbers = {}
  for at = 1, length + 1, 100 do
    local count = math.min(length + 2 - at, 100)
    local some = {struct.unpack('<' .. string.rep('d', count), packed, 8 * at - 7)}
    for i = 1, count do
      local number = some[i]
      if number - number ~= 0 then return nil end
      numbers[at + i - 1] = number
    end
  end
  numbers[1] = math.min(numbers[1], now)
  return numbers
end

local function written(numbers)
  local packed = {}
  for at = 1, #numbers, 100 do
    local last = math.min(at + 99, #numbers)
    packed[#packed + 1] = struct.pack('<' .. string.rep('d', last + 1 - at),
      unpack(numbers, at, last))
  end
  return table.concat(packed)
end

local function fading(since, till)
  if half_life == 0 or till <= since then return 1 end
  return 0.5 ^ ((till - since) / half_life)
end

local function added(stored, factor, change)
  local at = math.max(stored[1], change[1])
  local before, news = fading(stored[1], at) * factor, fading(change[1], at)
  local numbers = {at}
  for i = 2, #stored do
    numbers[i] = stored[i] * before + change[i] * news
    if numbers[i] - numbers[i] ~= 0 then return nil end
  end
  return written(numbers)
end

local version = 0
local function put(field, packed)
  version = version + 1
  redis.call('HSET', sums, field, packed)
  redis.call('ZADD', versions, version, field)
end

local function merge(field, change, total)
  local length = #total / 8 - 1
  local stored = read(redis.call('HGET', sums, field), length)
  if not stored then
    if change ~= '' or redis.call('ZCARD', versions) < limit then put(field, total) end
  elseif change ~= '' then
    local factor = struct.unpack('<d', change)
    local news = read(string.sub(change, 9), length)
    local packed = news and factor - factor == 0 and added(stored, factor, news)
    if packed then put(field, packed) end
  end
end

-- What is of another type fails here, before a batch counts as added.
local incarnation = redis.call('HGET', sums, 'incarnation')
local highest = redis.call('ZREVRANGE', versions, 0, 0, 'WITHSCORES')
local last = tonumber(redis.call('HGET', batches, part) or 0) or 0
version = tonumber(highest[2])
if not incarnation or not version or version < 0 or version > 2 ^ 52 then
  version, incarnation = 0, token .. '@' .. time[1] .. '.' .. time[2]
  redis.call('DEL', sums, versions)
  redis.call('HSET', sums, 'incarnation', incarnation)
end
if number == 0 or number > last then
  if number > 0 then redis.call('HSET', batches, part, number) end
  for i = 7, #ARGV, 3 do merge(ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
  local excess = math.min(redis.call('ZCARD', versions) - limit, 1000)
  if excess > 0 then
    redis.call('HDEL', sums, unpack(redis.call('ZRANGE', versions, 0, excess - 1)))
    redis.call('ZREMRANGEBYRANK', versions, 0, excess - 1)
  end
end
for i = 1, 3 do redis.call('EXPIRE', KEYS[i], ttl_s) end
return incarnation
"""
"""Add changes to the sums. Keys: hash, sorted set, what is remembered of a sender.

Arguments: who tells, part and number of the batch (0: it may be told again),
half-life in seconds (0: none), most fields, seconds to live; then for each change its field, the
packed factor and change (empty: only what is not there is put there), and the packed total to put
where there is nothing that can be read.
"""

PULL = """
local sums, versions = KEYS[1], KEYS[2]
local known, since = ARGV[1], ARGV[2]
local incarnation = redis.call('HGET', sums, 'incarnation')
if not incarnation or redis.call('ZCARD', versions) == 0 then return {'', '0', {}, {}} end
if incarnation ~= known then since = '0' end
local found = redis.call('ZRANGEBYSCORE', versions, '(' .. since, '+inf', 'WITHSCORES',
  'LIMIT', 0, tonumber(ARGV[3]))
redis.call('EXPIRE', sums, ARGV[4])
redis.call('EXPIRE', versions, ARGV[4])
if #found == 0 then return {incarnation, since, {}, {}} end
local fields = {}
for i = 1, #found, 2 do fields[#fields + 1] = found[i] end
return {incarnation, found[#found], fields, redis.call('HMGET', sums, unpack(fields))}
"""
"""Return incarnation, version, fields and packed sums of what has changed since a version.

Keys: hash, sorted set. Arguments: incarnation and version that are known, most fields to return,
seconds to live.
"""
