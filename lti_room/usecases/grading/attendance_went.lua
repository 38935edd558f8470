-- Somebody's last connection went: end the stay that lasts, if there is one.
-- KEYS: open session; ARGV: room, participant, at
local session = redis.call('GET', KEYS[1])
if not session then return 0 end
local record = 'attendance:' .. ARGV[1] .. ':' .. session
local kept = redis.call('HGET', record, ARGV[2])
if not kept or kept:sub(-1) ~= '-' then return 0 end
local since = kept:match('([%d.]+)-$')
local at = tonumber(ARGV[3]) < tonumber(since) and since or ARGV[3]
redis.call('HSET', record, ARGV[2], kept .. at)
return 1
