-- Puts back a conversation that was lost, or of which only an older copy is left.
-- KEYS: meta, members, pending, marks, tail. ARGV: conversation, kind, head, head ordinal, floor, now ms, number of members, then user and
-- membership by turns, then user and marks by turns
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
redis.call('DEL', KEYS[2], KEYS[4], KEYS[5])
local marks = 8 + 2 * tonumber(ARGV[7])
for i = 8, marks - 1, 2 do
  redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
end
for i = marks, #ARGV, 2 do
  redis.call('HSET', KEYS[4], ARGV[i], ARGV[i + 1])
end
local floor = string.format('%.0f', math.max(tonumber(ARGV[5]), tonumber(meta[2] or '0')))
redis.call('HSET', KEYS[1], 'epoch', EPOCH, 'owner', '', 'since', ARGV[6], 'conversation', ARGV[1], 'kind', ARGV[2], 'seq', string.format('%.0f', last),
  'floor', floor, 'ordinal', string.format('%.0f', ordinal), 'head', ARGV[3], 'head_ordinal', ARGV[4], 'trimmed', ARGV[3], 'written', ARGV[3])
return 1
