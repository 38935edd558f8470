-- List a connection, unless the room or its participant has too many. A reconnect replaces its own row and
-- stays entered if the old socket had not been noticed as gone.
local connection, participant, process, member, row = ARGV[1], ARGV[2], ARGV[4], ARGV[5], ARGV[6]
local answer = 'new'
local text = redis.call('HGET', KEYS[1], connection)
if text then
  local old = cjson.decode(text)
  if old.participant ~= participant then return 'foreign' end
  redis.call('SREM', 'proc:' .. old.process .. ':connections', member)
  answer = 'back'
  if redis.call('SISMEMBER', KEYS[3], connection) == 1 then
    local new = cjson.decode(row)
    new.entered = true
    new.phone = old.phone
    row = cjson.encode(new)
    answer = 'still in'
  end
else
  if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[7]) then return 'full' end
  if redis.call('SCARD', KEYS[2]) >= tonumber(ARGV[8]) then return 'full' end
end
redis.call('HSET', KEYS[1], connection, row)
redis.call('SADD', KEYS[2], connection)
redis.call('SADD', 'proc:' .. process .. ':connections', member)
return answer
