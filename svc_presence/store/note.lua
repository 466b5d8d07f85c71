-- Keeps what a user has decided, unless something as new is known, and can be read.
-- KEYS: preferences. ARGV: version, value, seconds to remember
local known = redis.call('GET', KEYS[1])
local version = known and tonumber(string.match(known, '^%d+'))
if version and version >= tonumber(ARGV[1]) then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1] .. ':' .. ARGV[2], 'EX', ARGV[3])
return 1
