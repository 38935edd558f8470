-- Count a connection in; it becomes the live page if there is none that still exists, or if it takes over.
local connection, participant, process, member = ARGV[1], ARGV[2], ARGV[4], ARGV[5]
redis.call('HSET', KEYS[1], connection, ARGV[6])
redis.call('SADD', KEYS[2], connection)
redis.call('SADD', KEYS[3], connection)
redis.call('SADD', 'proc:' .. process .. ':connections', member)
redis.call('DEL', KEYS[5])
local live = redis.call('HGET', KEYS[4], participant)
if live == connection then return {1, 0} end
if live and ARGV[7] == '0' and redis.call('HEXISTS', KEYS[1], live) == 1 then return {0, 0} end
redis.call('HSET', KEYS[4], participant, connection)
return {1, 1}
