-- Take a connection off the lists if its row still names this socket (or process).
local connection, participant, room, field, value = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local text = redis.call('HGET', KEYS[1], connection)
if not text then return false end
local row = cjson.decode(text)
if row[field] ~= value then return false end
redis.call('HDEL', KEYS[1], connection)
redis.call('SREM', KEYS[2], connection)
redis.call('SREM', 'proc:' .. row.process .. ':connections', room .. '|' .. participant .. '|' .. connection)
local had_entered = redis.call('SREM', KEYS[3], connection)
local live = 0
if redis.call('HGET', KEYS[4], participant) == connection then
  redis.call('HDEL', KEYS[4], participant)
  live = 1
end
if redis.call('SCARD', KEYS[3]) == 0 then redis.call('SET', KEYS[5], ARGV[6], 'NX') end
local last = had_entered
for _, other in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  if redis.call('SISMEMBER', KEYS[3], other) == 1 then last = 0 end
end
return {last, live}
