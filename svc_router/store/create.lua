-- Makes a conversation, or gives back the one that is there.
-- KEYS: meta, members, pending. ARGV: owner, user, now ms, message id, 1 if history was asked for it, conversation, kind, draft, then user and
-- permissions by turns
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'owner', 'conversation', 'head')
local inherited = {}
if meta[1] ~= EPOCH then
  if ARGV[5] ~= '1' then
    return {'unknown', inherited}
  end
  redis.call('DEL', KEYS[2], KEYS[3])
  redis.call('HSET', KEYS[1], 'epoch', EPOCH, 'owner', ARGV[1], 'since', 0, 'conversation', ARGV[6], 'kind', ARGV[7], 'seq', 1, 'floor', 0,
    'ordinal', 0, 'head', 0, 'head_ordinal', 0, 'trimmed', 0)
  for i = 9, #ARGV, 2 do
    redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1] .. ':1:0')
  end
  redis.call('HSET', KEYS[3], '1', ARGV[4] .. ':0:0:' .. ARGV[2] .. ':' .. ARGV[3] .. ':' .. ARGV[8])
  meta[3], meta[4] = ARGV[6], '0'
elseif meta[2] ~= ARGV[1] then
  inherited = redis.call('HGETALL', KEYS[3])
  redis.call('HSET', KEYS[1], 'owner', ARGV[1])
end
return {'there', inherited, meta[3], meta[4], redis.call('HGETALL', KEYS[2])}
