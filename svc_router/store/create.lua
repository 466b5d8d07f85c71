-- Makes a conversation, or gives back the one that is there.
-- KEYS: meta, members. ARGV: conversation, kind, then user and permissions by turns
local there = redis.call('HMGET', KEYS[1], 'conversation', 'head')
local is_new = not there[1]
if is_new then
  redis.call('HSET', KEYS[1], 'conversation', ARGV[1], 'kind', ARGV[2], 'seq', 1, 'ordinal', 0, 'head', 0, 'head_ordinal', 0)
  for i = 3, #ARGV, 2 do
    redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1] .. ':1')
  end
  there = {ARGV[1], '0'}
end
return {there[1], there[2], redis.call('HGETALL', KEYS[2])}
