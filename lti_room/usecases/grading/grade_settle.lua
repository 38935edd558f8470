-- Write what became of a grade unless it was given anew meanwhile; then its place in the lane stays.
-- KEYS: grades of the room, lane; ARGV: participant, as taken, as it is now, member, due or ''
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
if ARGV[5] == '' then
  redis.call('ZREM', KEYS[2], ARGV[4])
else
  redis.call('ZADD', KEYS[2], ARGV[5], ARGV[4])
end
return 1
