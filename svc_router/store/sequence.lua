-- Gives a command of an existing conversation its place.
-- KEYS: meta, members, message. ARGV: user, needed permissions, now ms, ms to remember, 1 if it is a message, added user, granted permissions, removed user
local known = redis.call('GET', KEYS[3])
if known then
  return {'repeat', known}
end
local kind = redis.call('HGET', KEYS[1], 'kind')
if not kind then
  return {'unknown'}
end
local member = redis.call('HGET', KEYS[2], ARGV[1])
if not member then
  return {'stranger'}
end
local needed = tonumber(ARGV[2])
if bit.band(tonumber(string.match(member, '^%d+')), needed) ~= needed then
  return {'forbidden'}
end
if ARGV[6] ~= '' then
  local there = redis.call('HGET', KEYS[2], ARGV[6])
  if there then
    return {'needless', there}
  end
elseif ARGV[8] ~= '' then
  if kind == 'DIRECT' then
    return {'forbidden'}
  end
  if redis.call('HEXISTS', KEYS[2], ARGV[8]) == 0 then
    return {'needless', ''}
  end
end
local seq = redis.call('HINCRBY', KEYS[1], 'seq', 1)
local ordinal = redis.call('HINCRBY', KEYS[1], 'ordinal', ARGV[5])
if ARGV[6] ~= '' then
  redis.call('HSET', KEYS[2], ARGV[6], ARGV[7] .. ':' .. seq)
elseif ARGV[8] ~= '' then
  redis.call('HDEL', KEYS[2], ARGV[8])
end
redis.call('SET', KEYS[3], seq .. ':' .. ordinal .. ':' .. ARGV[3] .. ':0:' .. ARGV[1], 'PX', ARGV[4])
return {'new', seq, ordinal}
