-- Gives a command of an existing conversation its place.
-- KEYS: meta, members, message, pending; for a command with terms also: tail, settings, bans, invites
-- ARGV: owner, user, needed permissions or '' if they need not be a member, now ms, ms to remember, message id, own time of the message id in
-- ms, 1 if history was asked for it, 1 if it is a message, draft, then terms, which terms.lua weighs
local meta = redis.call('HMGET', KEYS[1], 'kind', 'epoch', 'owner', 'since', 'seq', 'floor', 'ordinal', 'member_permissions', 'slow_mode_s', 'message_ttl_s', 'rates')
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
    local entry = weigh and redis.call('XRANGE', KEYS[5], seq, seq)[1]
    return {'repeat', inherited, known, entry and entry[2][2]}
  end
  -- An older copy of the live view says that it was under way. Only history can say what became of it.
  forgotten = true
end
-- Before anything is refused: what was accepted once is not, whatever its sender may do by now.
if forgotten and ARGV[8] ~= '1' then
  return {'forgotten', inherited}
end
local member = redis.call('HGET', KEYS[2], ARGV[2])
local held, needed = 0, tonumber(ARGV[3])
if member then
  held = tonumber(string.match(member, '^%d+'))
  if held == MEMBER and meta[8] then
    held = tonumber(meta[8])
  elseif held == OWNER_BEFORE then
    held = OWNER
  elseif held == DIRECT_BEFORE then
    held = DIRECT
  end
elseif needed then
  return {'stranger', inherited}
end
if needed and bit.band(held, needed) ~= needed then
  return {'forbidden', inherited}
end
if meta[1] == 'DIRECT' and needed and needed > 0 then
  -- Presence notes of each of the two whether they have blocked the other. What takes no permission, as to take back a message of one's own, is
  -- no way to reach anybody.
  local blocks = redis.call('HVALS', (string.gsub(KEYS[1], 'meta$', 'blocks:' .. string.sub(EPOCH, -8))))
  if #blocks < 2 then
    return {'unsure', inherited, redis.call('HKEYS', KEYS[2])}
  elseif string.sub(blocks[1], -2) == ':1' or string.sub(blocks[2], -2) == ':1' then
    return {'blocked', inherited}
  end
end
local rates
if needed and needed > 0 then
  local wait, whose
  rates, wait, whose = pace(meta[11], ARGV[2], tonumber(ARGV[4]))
  if wait then
    return {'fast', inherited, wait, whose}
  end
end
local slow
if meta[9] and meta[9] ~= '0' and ARGV[9] == '1' and bit.band(held, MODERATE) == 0 then
  -- A key of each user's, which lies where the others do, and is of use only here.
  slow = string.gsub(KEYS[1], 'meta$', 'slow:' .. ARGV[2])
  local set = redis.call('GET', slow)
  -- What was set when they wrote last may have been more, or less, than what is set now.
  local left = set and redis.call('PTTL', slow) - 1000 * (tonumber(set) - tonumber(meta[9])) or 0
  if left > 0 then
    return {'slow', inherited, left}
  end
end
local draft, changes = ARGV[10], nil
if weigh then
  local refusal, there
  refusal, changes, draft, there = weigh(meta[1], held)
  if refusal then
    return {refusal, inherited}
  elseif #changes == 0 then
    return {'needless', inherited, there or ''}
  end
end
local fades = meta[10] and meta[10] ~= '0' and ARGV[9] == '1'
if fades then
  -- When the message disappears is decided here, and stands in its draft: it is the same for whoever finishes it.
  -- It is the field expires_at of a serialised events.v1.LogEntry: what stands behind a message is read as a part of it.
  local at, stamp = math.ceil(tonumber(ARGV[4]) / 1000) + tonumber(meta[10]), string.char(8)
  while at >= 128 do
    stamp, at = stamp .. string.char(at % 128 + 128), math.floor(at / 128)
  end
  draft = draft .. string.char(154, 1, #stamp + 1) .. stamp .. string.char(at)
end
local previous = meta[5]
local seq = string.format('%.0f', math.max(tonumber(previous), tonumber(meta[6])) + 1)
local ordinal = string.format('%.0f', tonumber(meta[7]) + tonumber(ARGV[9]))
redis.call('HSET', KEYS[1], 'seq', seq, 'ordinal', ordinal, 'rates', rates or meta[11] or '')
redis.call('HSET', KEYS[4], seq, ARGV[6] .. ':' .. ordinal .. ':' .. previous .. ':' .. ARGV[2] .. ':' .. ARGV[4] .. ':' .. draft)
redis.call('SET', KEYS[3], seq .. ':' .. ordinal .. ':' .. ARGV[4] .. ':0:' .. ARGV[2], 'PX', ARGV[5])
if slow then
  redis.call('SET', slow, meta[9], 'EX', meta[9])
end
if not changes and not fades then
  return {'new', inherited, seq, ordinal, previous}
end
for _, change in ipairs(changes or {}) do
  if change.joins then
    change[4] = change[4] .. ':' .. seq .. ':' .. ordinal
  end
  redis.call(unpack(change))
end
return {'new', inherited, seq, ordinal, previous, draft}
