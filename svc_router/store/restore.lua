-- Puts back a conversation that was lost, or of which only an older copy is left.
-- KEYS: meta, members, pending, marks, tail, changes, mentions, then the message of each of the newest entries. ARGV: conversation, kind, head, head ordinal,
-- floor, since when every message is known in ms, ms to remember, ms that the tail lasts, number of members, number of marks, number of values about
-- changes, then of each of the newest entries that changes a message or mentions somebody its seq, that of the message or 0, the number of its kind, and
-- whom it mentions, then user and membership by
-- turns, then user and marks by turns, then for each of the newest entries: seq, ordinal, entry, what the message has made
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'seq')
if meta[1] == EPOCH then
  return 0
end
local head = tonumber(ARGV[3])
local last, ordinal = head, tonumber(ARGV[4])
local pending = redis.call('HGETALL', KEYS[3])
for i = 1, #pending, 2 do
  if tonumber(pending[i]) <= head then
    redis.call('HDEL', KEYS[3], pending[i])
  else
    last = math.max(last, tonumber(pending[i]))
    ordinal = math.max(ordinal, tonumber(string.match(pending[i + 1], '^[^:]*:(%d+):')))
  end
end
redis.call('DEL', KEYS[2], KEYS[4], KEYS[5], KEYS[6], KEYS[7])
local members = 12 + tonumber(ARGV[11])
local marks = members + 2 * tonumber(ARGV[9])
local entries = marks + 2 * tonumber(ARGV[10])
for i = 12, members - 1, 4 do
  if ARGV[i + 1] ~= '0' then
    redis.call('XADD', KEYS[6], ARGV[i] .. '-0', 't', ARGV[i + 1], 'k', ARGV[i + 2])
  end
  if ARGV[i + 3] ~= '' then
    redis.call('XADD', KEYS[7], ARGV[i] .. '-0', 'u', ARGV[i + 3])
  end
end
for i = members, marks - 1, 2 do
  redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
end
for i = marks, entries - 1, 2 do
  redis.call('HSET', KEYS[4], ARGV[i], ARGV[i + 1])
end
local trimmed = ARGV[3]
for i = entries, #ARGV, 4 do
  if i == entries then
    trimmed = string.format('%.0f', tonumber(ARGV[i]) - 1)
  end
  redis.call('XADD', KEYS[5], ARGV[i] .. '-0', 'e', ARGV[i + 2], 'o', ARGV[i + 1])
  redis.call('SET', KEYS[8 + (i - entries) / 4], ARGV[i + 3], 'PX', ARGV[7])
end
redis.call('PEXPIRE', KEYS[5], ARGV[8])
redis.call('PEXPIRE', KEYS[6], ARGV[8])
redis.call('PEXPIRE', KEYS[7], ARGV[8])
local floor = string.format('%.0f', math.max(tonumber(ARGV[5]), tonumber(meta[2] or '0')))
redis.call('HSET', KEYS[1], 'epoch', EPOCH, 'owner', '', 'since', ARGV[6], 'conversation', ARGV[1], 'kind', ARGV[2], 'seq', string.format('%.0f', last),
  'floor', floor, 'ordinal', string.format('%.0f', ordinal), 'head', ARGV[3], 'head_ordinal', ARGV[4], 'trimmed', trimmed, 'written', ARGV[3])
return 1
