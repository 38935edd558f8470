-- The room's session is another one, or none: end every stay of the one that was open, once.
-- KEYS: sessions, open session, ended; ARGV: room, running session or '', at
local session = redis.call('GET', KEYS[2])
if not session or session == ARGV[2] then return false end
local record = 'attendance:' .. ARGV[1] .. ':' .. session
local kept = redis.call('HGETALL', record)
for at = 1, #kept, 2 do
  if kept[at + 1]:sub(-1) == '-' then redis.call('HSET', record, kept[at], kept[at + 1] .. ARGV[3]) end
end
local started = (redis.call('HGET', KEYS[1], session) or ''):match('^(%S*)')
redis.call('HSET', KEYS[1], session, started .. ' ' .. ARGV[3])
redis.call('DEL', KEYS[2])
redis.call('SADD', KEYS[3], ARGV[1] .. '|' .. session)
return session
