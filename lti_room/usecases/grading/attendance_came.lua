-- Somebody is in the room: open a stay, or go on with the last one if the gap was short. Staff stay staff.
-- A session that has ended takes nobody in any more.
-- KEYS: record, sessions, open session; ARGV: participant, kind, at, gap, session, started_at
redis.call('HSETNX', KEYS[2], ARGV[5], ARGV[6] .. ' ')
if redis.call('HGET', KEYS[2], ARGV[5]):sub(-1) ~= ' ' then return 0 end
redis.call('SET', KEYS[3], ARGV[5])
local kept = redis.call('HGET', KEYS[1], ARGV[1])
if not kept then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. ARGV[3] .. '-')
  return 1
end
local kind, stays = kept:match('^(%a+) (.*)$')
if kind == 'learner' or ARGV[2] == 'staff' then kind = ARGV[2] end
local changed = 0
if stays:sub(-1) ~= '-' then
  changed = 1
  local last = tonumber(stays:match('-([%d.]+)$'))
  if tonumber(ARGV[3]) - last <= tonumber(ARGV[4]) then
    stays = stays:gsub('[%d.]+$', '')
  else
    stays = stays .. ',' .. ARGV[3] .. '-'
  end
end
redis.call('HSET', KEYS[1], ARGV[1], kind .. ' ' .. stays)
return changed
