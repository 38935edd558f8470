-- Compare and append: all events of one command, if the room is at the expected version.
--
-- KEYS  1 room:{id}:events   2 room:{id}:commands   3 rooms:log
-- ARGV  1 room id   2 expected version   3 command id or ''   4 seconds a command id is kept
--       5 length of the log   6... the events' envelopes, oldest first
-- Answers {'appended'}, {'repeated', entries} or {'conflict', entries after the expected version}.

local function entries(first, last)
  return redis.call('XRANGE', KEYS[1], first, last)
end

local command = ARGV[3]
if command ~= '' then
  local span = redis.call('HGET', KEYS[2], command)
  if span then
    local first, last = string.match(span, '^(%d+):(%d+)$')
    return {'repeated', entries(first .. '-0', last .. '-0')}
  end
end

local expected = tonumber(ARGV[2])
local version = 0
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
if newest[1] then
  version = tonumber(string.match(newest[1][1], '^(%d+)'))
end
if version ~= expected then
  return {'conflict', entries(string.format('%d-0', expected + 1), '+')}
end

for place = 6, #ARGV do
  version = version + 1
  redis.call('XADD', KEYS[1], string.format('%d-0', version), 'e', ARGV[place])
end
if command ~= '' then
  redis.call('HSET', KEYS[2], command, string.format('%d:%d', expected + 1, version))
  redis.call('EXPIRE', KEYS[2], ARGV[4])
end
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[5], '*', 'room', ARGV[1], 'version', version)
return {'appended'}
