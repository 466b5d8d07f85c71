-- Gives a command of an existing conversation its place.
-- KEYS: meta, members, message, pending. ARGV: owner, user, needed permissions, now ms, ms to remember, message id, own time of the message id in ms,
-- 1 if history was asked for it, 1 if it is a message to count, added user, granted permissions, removed user, draft
local meta = redis.call('HMGET', KEYS[1], 'kind', 'epoch', 'owner', 'since', 'seq', 'floor', 'ordinal')
if not meta[1] or meta[2] ~= EPOCH then
  return {'unknown', {}}
end
local known = redis.call('GET', KEYS[3])
local inherited = {}
if meta[3] ~= ARGV[1] then
  -- Another router was here, or this one does not know how its last call ended: whatever is under way is to be finished first.
  inherited = redis.call('HGETALL', KEYS[4])
  redis.call('HSET', KEYS[1], 'owner', ARGV[1])
  for i = 1, #inherited, 2 do
    if not known and string.sub(inherited[i + 1], 1, 36) == ARGV[6] then
      local ordinal, sender, at = string.match(inherited[i + 1], '^[^:]*:(%d+):%d+:([^:]*):(%d+):')
      known = inherited[i] .. ':' .. ordinal .. ':' .. at .. ':0:' .. sender
    end
  end
end
local forgotten = tonumber(ARGV[7]) <= tonumber(meta[4])
if known then
  local seq, durable = string.match(known, '^(%d+):%d+:%d+:(%d)')
  if durable == '1' or redis.call('HEXISTS', KEYS[4], seq) == 1 then
    return {'repeat', inherited, known}
  end
  -- An older copy of the live view says that it was under way. Only history can say what became of it.
  forgotten = true
end
-- Before anything is refused: what was accepted once is not, whatever its sender may do by now.
if forgotten and ARGV[8] ~= '1' then
  return {'forgotten', inherited}
end
local member = redis.call('HGET', KEYS[2], ARGV[2])
if not member then
  return {'stranger', inherited}
end
local needed = tonumber(ARGV[3])
if bit.band(tonumber(string.match(member, '^%d+')), needed) ~= needed then
  return {'forbidden', inherited}
end
if ARGV[10] ~= '' then
  local there = redis.call('HGET', KEYS[2], ARGV[10])
  if there then
    return {'needless', inherited, there}
  end
elseif ARGV[12] ~= '' then
  if meta[1] == 'DIRECT' then
    return {'forbidden', inherited}
  end
  if redis.call('HEXISTS', KEYS[2], ARGV[12]) == 0 then
    return {'needless', inherited, ''}
  end
end
local previous = meta[5]
local seq = string.format('%.0f', math.max(tonumber(previous), tonumber(meta[6])) + 1)
local ordinal = string.format('%.0f', tonumber(meta[7]) + tonumber(ARGV[9]))
redis.call('HSET', KEYS[1], 'seq', seq, 'ordinal', ordinal)
if ARGV[10] ~= '' then
  redis.call('HSET', KEYS[2], ARGV[10], ARGV[11] .. ':' .. seq .. ':' .. ordinal)
elseif ARGV[12] ~= '' then
  redis.call('HDEL', KEYS[2], ARGV[12])
end
redis.call('HSET', KEYS[4], seq, ARGV[6] .. ':' .. ordinal .. ':' .. previous .. ':' .. ARGV[2] .. ':' .. ARGV[4] .. ':' .. ARGV[13])
redis.call('SET', KEYS[3], seq .. ':' .. ordinal .. ':' .. ARGV[4] .. ':0:' .. ARGV[2], 'PX', ARGV[5])
return {'new', inherited, seq, ordinal, previous}
