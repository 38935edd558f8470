-- Make a page that has entered the live one of its participant.
if redis.call('SISMEMBER', KEYS[3], ARGV[1]) == 1 then
  redis.call('HSET', KEYS[4], ARGV[2], ARGV[1])
end
return 1
