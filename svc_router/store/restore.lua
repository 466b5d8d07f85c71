-- Puts back a conversation that was lost, or of which only an older copy is left.
-- KEYS: meta, pending, tail, changes, mentions, then hashes, then the message of each of the newest entries. ARGV: conversation, kind, head, head
-- ordinal, floor, since when every message is known in ms, ms to remember, ms that the tail lasts, number of hashes, then for meta and for each of the
-- hashes: how many arguments follow, field and value by turns; then how many arguments follow, and of each of the newest entries that changes a message
-- or mentions somebody its seq, that of the message or 0, the number of its kind, whom it mentions, and who it is of; then for each of the newest entries: seq, ordinal,
-- entry, what the message has made
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'seq')
if meta[1] == EPOCH then
  return 0
end
local head, hashes = tonumber(ARGV[3]), tonumber(ARGV[9])
local last, ordinal = head, tonumber(ARGV[4])
local pending = redis.call('HGETALL', KEYS[2])
for i = 1, #pending, 2 do
  if tonumber(pending[i]) <= head then
    redis.call('HDEL', KEYS[2], pending[i])
  else
    last = math.max(last, tonumber(pending[i]))
    ordinal = math.max(ordinal, tonumber(string.match(pending[i + 1], '^[^:]*:(%d+):')))
  end
end
redis.call('HDEL', KEYS[1], 'member_permissions', 'slow_mode_s', 'message_ttl_s')
redis.call('DEL', unpack(KEYS, 3, 5 + hashes))
local at = 10
for number = 0, hashes do
  local key, count = number == 0 and KEYS[1] or KEYS[5 + number], tonumber(ARGV[at])
  for i = at + 1, at + count, 2 do
    redis.call('HSET', key, ARGV[i], ARGV[i + 1])
  end
  at = at + 1 + count
end
local changes = tonumber(ARGV[at])
for i = at + 1, at + changes, 5 do
  if ARGV[i + 1] ~= '0' then
    redis.call('XADD', KEYS[4], ARGV[i] .. '-0', 't', ARGV[i + 1], 'k', ARGV[i + 2], 'u', ARGV[i + 4])
  end
  if ARGV[i + 3] ~= '' then
    redis.call('XADD', KEYS[5], ARGV[i] .. '-0', 'u', ARGV[i + 3])
  end
end
at = at + 1 + changes
local trimmed = ARGV[3]
for i = at, #ARGV, 4 do
  if i == at then
    trimmed = string.format('%.0f', tonumber(ARGV[i]) - 1)
  end
  redis.call('XADD', KEYS[3], ARGV[i] .. '-0', 'e', ARGV[i + 2], 'o', ARGV[i + 1])
  redis.call('SET', KEYS[6 + hashes + (i - at) / 4], ARGV[i + 3], 'PX', ARGV[7])
end
redis.call('PEXPIRE', KEYS[3], ARGV[8])
redis.call('PEXPIRE', KEYS[4], ARGV[8])
redis.call('PEXPIRE', KEYS[5], ARGV[8])
local floor = string.format('%.0f', math.max(tonumber(ARGV[5]), tonumber(meta[2] or '0')))
redis.call('HSET', KEYS[1], 'epoch', EPOCH, 'owner', '', 'since', ARGV[6], 'conversation', ARGV[1], 'kind', ARGV[2], 'seq', string.format('%.0f', last),
  'floor', floor, 'ordinal', string.format('%.0f', ordinal), 'head', ARGV[3], 'head_ordinal', ARGV[4], 'trimmed', trimmed, 'written', ARGV[3])
return 1
