-- Keep a newer snapshot and drop the events that nobody needs any more, with the command ids that caused them.
--
-- KEYS  1 room:{id}:snapshot   2 room:{id}:events   3 room:{id}:commands
-- ARGV  1 version of the snapshot   2 the snapshot   3 how many events stay for catching up
-- Answers 1 if it was kept, 0 if a newer one is there already.

local version = tonumber(ARGV[1])
local kept = redis.call('GETRANGE', KEYS[1], 0, 40)
local newest = tonumber(string.match(kept, '^{"version":(%d+)') or '0')
if newest >= version then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2])

local oldest = version - tonumber(ARGV[3]) + 1
if oldest > 1 then
  redis.call('XTRIM', KEYS[2], 'MINID', string.format('%d-0', oldest))
  local spans = redis.call('HGETALL', KEYS[3])
  for place = 1, #spans, 2 do
    if tonumber(string.match(spans[place + 1], '^(%d+)')) < oldest then
      redis.call('HDEL', KEYS[3], spans[place])
    end
  end
end
return 1
