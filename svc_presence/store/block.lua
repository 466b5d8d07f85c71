-- Notes whether a member of a direct conversation has blocked the other, unless something newer is known.
-- KEYS: blocks. ARGV: user, version, 1 if they have, seconds to remember
local known = redis.call('HGET', KEYS[1], ARGV[1])
if not known or tonumber(string.match(known, '^%d+')) < tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ':' .. ARGV[3])
end
redis.call('EXPIRE', KEYS[1], ARGV[4])
return 1
