-- Shows durable entries of a conversation to its readers: those who ask find them in the tail, and the nodes that listen are told, in one step.
-- KEYS: meta, tail, pending, nodes, changes, mentions, then the message of each entry. ARGV: entries that the tail keeps, entries that it has at most, ms
-- that it lasts, 1 if they may be in the log in another order, number of nodes that listen from here on, number of values about changes, these
-- nodes, then for each entry that changes a message or mentions somebody: seq, that of the message or 0, the number of its kind,
-- whom it mentions, who it is of; then for each entry: seq, ordinal, entry, what the message has made, event
local DELETION = '5'
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'head', 'written', 'told')
if meta[1] ~= EPOCH then
  return false
end
local head = tonumber(meta[2])
local written = tonumber(meta[3] or '0')
if ARGV[4] == '1' and written > head then
  -- The database may have a later one, and not yet an earlier.
  redis.call('HSET', KEYS[1], 'written', meta[2])
  written = head
end
local first = 7 + tonumber(ARGV[5])
for i = 7, first - 1 do
  redis.call('SADD', KEYS[4], ARGV[i])
  redis.call('PEXPIRE', KEYS[4], ARGV[3])
end
for i = first, first + tonumber(ARGV[6]) - 1, 5 do
  if tonumber(ARGV[i]) > head then
    if ARGV[i + 1] ~= '0' then
      redis.call('XADD', KEYS[5], ARGV[i] .. '-0', 't', ARGV[i + 1], 'k', ARGV[i + 2], 'u', ARGV[i + 4])
    end
    if ARGV[i + 3] ~= '' then
      redis.call('XADD', KEYS[6], ARGV[i] .. '-0', 'u', ARGV[i + 3])
    end
    if ARGV[i + 2] == DELETION then
      redis.call('XDEL', KEYS[6], ARGV[i + 1] .. '-0')
    end
  end
end
first = first + tonumber(ARGV[6])
local length = redis.call('XLEN', KEYS[2])
if length == 0 then
  redis.call('HSET', KEYS[1], 'trimmed', meta[2])
end
local events, told = {}, tonumber(meta[4] or '0')
local changed = {'told', meta[4] or '0'}
for i = first, #ARGV, 5 do
  local seq = tonumber(ARGV[i])
  if seq > head then
    redis.call('XADD', KEYS[2], ARGV[i] .. '-0', 'e', ARGV[i + 2], 'o', ARGV[i + 1])
    changed[3], changed[4], changed[5], changed[6] = 'head', ARGV[i], 'head_ordinal', ARGV[i + 1]
    head, length = seq, length + 1
  end
  redis.call('HDEL', KEYS[3], ARGV[i])
  redis.call('SET', KEYS[7 + (i - first) / 5], ARGV[i + 3], 'XX', 'KEEPTTL')
  -- Whoever is late with what another router has shown tells nobody: what follows may have been told since. Not so an entry that was only
  -- put back with its conversation.
  if seq > told then
    table.insert(events, ARGV[i + 4])
    told, changed[2] = seq, ARGV[i]
  end
end
redis.call('HSET', KEYS[1], unpack(changed))
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('PEXPIRE', KEYS[5], ARGV[3])
redis.call('PEXPIRE', KEYS[6], ARGV[3])
local surplus = length - tonumber(ARGV[1])
if surplus > 0 then
  -- What the database does not have yet stays, up to a limit that keeps memory bounded.
  local must = surplus + tonumber(ARGV[1]) - tonumber(ARGV[2])
  local trimmed
  for _, item in ipairs(redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', math.min(surplus, 64 + math.ceil((#ARGV - first) / 5)))) do
    local seq = string.match(item[1], '^%d+')
    if tonumber(seq) > written and must <= 0 then
      break
    end
    trimmed, must = seq, must - 1
  end
  if trimmed then
    local oldest = string.format('%.0f', tonumber(trimmed) + 1)
    redis.call('XTRIM', KEYS[2], 'MINID', '=', oldest)
    redis.call('XTRIM', KEYS[5], 'MINID', '=', oldest)
    redis.call('XTRIM', KEYS[6], 'MINID', '=', oldest)
    redis.call('HSET', KEYS[1], 'trimmed', trimmed)
  end
end
if #events == 0 then
  return {}
end
local nodes = redis.call('SMEMBERS', KEYS[4])
local batch = table.concat(events)
for _, node in ipairs(nodes) do
  redis.call('PUBLISH', 'node:' .. node, batch)
end
return nodes
